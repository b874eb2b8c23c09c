"""What a sync says about itself while it runs and when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

ChangeKind = Literal["added", "changed", "renamed", "permissions", "unchanged", "removed", "skipped", "failed"]
KINDS: tuple[ChangeKind, ...] = (
    "added",
    "changed",
    "renamed",
    "permissions",
    "unchanged",
    "removed",
    "skipped",
    "failed",
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happens, or happened, to one document."""

    kind: ChangeKind
    """What kind of change it is."""

    document_id: str
    """``source:path``; for a source that cannot be listed, ``source:``."""

    detail: str = ""
    """The old id of a rename, the message of a failure, the reason for skipping an empty document."""


@dataclass(frozen=True, kw_only=True)
class SyncProgress:
    """Where a running sync stands."""

    done: int
    """Documents dealt with."""

    total: int
    """Documents to deal with."""

    chunks: int
    """Chunks written so far."""


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """The result of a plan or a sync."""

    outcomes: tuple[Outcome, ...]
    """One for each document that is not unchanged, in the order they were dealt with."""

    counts: Mapping[ChangeKind, int]
    """Number of documents by kind, unchanged ones included."""

    chunks: int = 0
    """Chunks written."""

    embedded: int = 0
    """Chunks that had to be embedded; the others were known already."""

    seconds: float = 0.0
    """Wall time."""

    unrefreshed: int = 0
    """Documents whose access could not be refreshed, because their source could not be listed: they keep the readers of
    the last complete listing."""

    closed: int = 0
    """Documents that nobody may read until their source can be listed again, because its settings have changed."""

    rebuilt: bool = False
    """Whether a second index was built beside the live one, because chunking or embedding changed."""

    dry_run: bool = False
    """Whether nothing was written."""

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The documents and sources that could not be read; they are tried again next time."""
        return tuple(outcome for outcome in self.outcomes if outcome.kind == "failed")


ProgressCallback = Callable[[SyncProgress], None]
