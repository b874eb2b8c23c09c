"""The error tree: every expected failure of hybrid, with the exit code its command ends with.

HybridError
├── CheckFailed                 a check ran and its answer is no                (exit 1)
└── InputError                  wrong use or wrong input                        (exit 2)
    ├── ConfigError             hybrid.toml or an argument does not make sense
    ├── AccessError             a read without a principal, an access list nobody can mean
    ├── SourceError             a connector cannot list its source
    │   └── ReadError           one document cannot be read; the others go on
    │       ├── AccessUnclearError  nobody can tell who may read it
    │       ├── EmptyDocumentError  it has fields and no text, as its author may well mean
    │       ├── ParseError      its bytes are not what its name says
    │       └── TooLargeError   it is over the limit that guards the machine
    ├── IndexStateError             the index cannot be used
    │   ├── IndexLockedError    another process holds it
    │   ├── IndexVersionError   it was made by a newer version of hybrid
    │   ├── IndexDamagedError   the engine and the journal disagree
    │   └── NotIndexedError     nothing has been synced yet
    ├── EmbeddingError          a vector that is not a vector (NaN, wrong size)
    ├── ContractError           an output contract that cannot be kept
    ├── ModelError              a model that cannot be loaded or gives no answer
    │   ├── ModelFilesError     its folder holds code, pickles, or another model than was meant
    │   ├── ModelBusyError      its queue is full
    │   ├── DeadlineError       it takes longer than was allowed
    │   └── ReplyError          what it sent is not what the contract says
    ├── TrainingError           rows that teach nothing, or a training that went wrong
    ├── GoldenError             a golden file, queries or judgements that cannot be scored
    ├── RowsError               examples or training rows that nobody can train with
    ├── BackupError             an archive that is half, was changed, or is none
    ├── StoppedError            the server that did the work is being stopped
    ├── MissingExtraError       a feature whose packages are not installed
    └── StorageError            the disk is full or refuses
"""

from __future__ import annotations


class HybridError(Exception):
    """Base of all expected failures; its message is one line that says what to do next."""

    exit_code: int = 2
    """Exit code of a command that ends with this error: 1 a check failed, 2 wrong use or input."""


class CheckFailed(HybridError):
    """A check ran to its end and the answer is no (recall below the threshold, a leak, a changed citation)."""

    exit_code = 1


class InputError(HybridError):
    """Wrong use or wrong input; nothing was changed."""


class ConfigError(InputError):
    """``hybrid.toml`` or an argument does not make sense."""


class AccessError(InputError):
    """A read without a principal, or an access list that cannot be evaluated; nothing is shown."""


class SourceError(InputError):
    """A connector cannot list its source; nothing is removed from the index because of it."""


class ReadError(SourceError):
    """One document cannot be read; the run goes on and retries it next time."""


class AccessUnclearError(ReadError):
    """Nobody can tell who may read a document; an older version of it is closed until somebody can."""


class EmptyDocumentError(ReadError):
    """A document has a title and no text: there is nothing to index, and nothing to mend; the sync skips it."""


class ParseError(ReadError):
    """A document's bytes are not what its name or type says."""


class TooLargeError(ReadError):
    """A document exceeds the size, time or memory that guards the machine."""


class IndexStateError(InputError):
    """The index cannot be used as it is."""


class IndexLockedError(IndexStateError):
    """Another process holds the index."""


class IndexVersionError(IndexStateError):
    """The index was made by a newer version of hybrid."""


class IndexDamagedError(IndexStateError):
    """The engine's content and the journal disagree in a way a sync cannot mend by itself."""


class NotIndexedError(IndexStateError):
    """Nothing has been synced yet."""


class EmbeddingError(InputError):
    """An embedder returned something that is not a finite vector of the expected size."""


class ContractError(InputError):
    """An output contract that cannot be kept; found when it is defined."""


class ModelError(InputError):
    """A model that cannot be loaded, or that gives no answer."""


class ModelFilesError(ModelError):
    """A model's folder holds code, pickles, or another model than was meant; nothing of it was run."""


class ModelBusyError(ModelError):
    """A model's queue is full; ask again later."""


class DeadlineError(ModelError):
    """A model takes longer than was allowed; the request was ended."""


class ReplyError(ModelError):
    """What a model sent is not what the contract says; the answer becomes a refusal."""


class TrainingError(InputError):
    """Rows that teach nothing or the wrong thing, or a training that went wrong; no adapter was made of it."""


class GoldenError(InputError):
    """A golden file, queries or judgements that cannot be scored honestly."""


class RowsError(InputError):
    """Authored examples or training rows that cannot be used; the message names file and line, or the row."""


class BackupError(InputError):
    """An archive that is half, was changed, or is none; nothing was restored."""


class StoppedError(InputError):
    """The server that did the work is being stopped; what was done stays."""


class MissingExtraError(InputError):
    """A feature whose packages are not installed; the message names the extra."""

    def __init__(self, *, feature: str, extra: str) -> None:
        """Name the feature that was asked for and the extra that brings it."""
        super().__init__(f"{feature} needs packages that are not installed; run: pip install 'hybrid[{extra}]'")


class StorageError(InputError):
    """The disk is full or refuses to write; what was committed before stays valid."""
