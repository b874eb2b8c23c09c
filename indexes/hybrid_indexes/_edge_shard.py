"""Shards of the embedded engine: made, loaded, and heard when they complain."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.errors import HybridError, IndexDamagedError, IndexLockedError, IndexStateError, StorageError
from hybrid_indexes._points import DENSE, SCOPE, SPARSE, VERSION
from hybrid_indexes._room import require_room

if TYPE_CHECKING:
    from qdrant_edge import EdgeConfig, EdgeShard

_OLDEST_ENGINE = (0, 9)
_WORDS = 200


def create_shard(path: Path, dimension: int) -> None:
    """Make an empty shard in an empty folder, with the payload indexes that filters need."""
    from qdrant_edge import EdgeShard, PayloadSchemaType, UpdateOperation

    require_room(path)
    with translated():
        shard = EdgeShard.create(str(path), _config(dimension))
        for field in (VERSION, SCOPE):
            shard.update(UpdateOperation.create_field_index(field, PayloadSchemaType.Integer))
        shard.flush()
        shard.close()


def load_shard(path: Path, dimension: int) -> EdgeShard:
    """Return an open shard.

    Raises:
        IndexLockedError: Another process has it open.
        IndexStateError: It holds embeddings of another dimension.
        IndexDamagedError: Its files cannot be read any more.
        StorageError: The disk is too full to open it.
    """
    from qdrant_edge import EdgeShard

    require_room(path)
    try:
        with translated():
            return EdgeShard.load(str(path), _config(dimension))
    except EngineRefusal as refusal:
        raise IndexDamagedError(
            f"the engine cannot read its files ({refusal.words}); remove the folder {str(path.parent)!r} and run: "
            "hybrid sync, which writes it again from the journal"
        ) from refusal


def _config(dimension: int) -> EdgeConfig:
    from qdrant_edge import Distance, EdgeConfig, EdgeSparseVectorParams, EdgeVectorParams

    return EdgeConfig(
        vectors={DENSE: EdgeVectorParams(size=dimension, distance=Distance.Dot)},
        sparse_vectors={SPARSE: EdgeSparseVectorParams()},
        wal_enabled=True,  # without it a killed process leaves lost, stale and doubled points
    )


class EngineRefusal(IndexStateError):
    """The engine refused for a reason of its own."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(f"the engine refused: {words}")


@contextmanager
def translated() -> Generator[None]:
    """Give the engine's own messages, all of one class, the error that says what to do."""
    try:
        yield
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise _named(" ".join(str(error).split())) from error


def _named(message: str) -> HybridError:
    if "WouldBlock" in message:
        return IndexLockedError("another process has the index open; stop it or wait until it is done")
    if "No space left" in message or "os error 28" in message:
        return StorageError("the disk is full; free some space, then run sync again")
    if "os error" in message:
        return StorageError(f"the engine cannot use its files ({message[:_WORDS]}); check disk, rights and limits")
    if "expected vector size" in message:
        sizes = message.partition("expected vector size ")[2].replace("but got", "the index holds")
        return IndexStateError(
            f"the embedder makes vectors of dimension {sizes}; use the embedding model that the index was built with"
        )
    return EngineRefusal(message[:_WORDS])


def refuse_old_engine() -> None:
    """Raise when the installed engine is too old to survive a crash."""
    found = installed_version("qdrant-edge-py")
    if tuple(int(part) for part in found.split(".")[:2]) < _OLDEST_ENGINE:
        raise IndexStateError(f"qdrant-edge-py {found} loses writes in a crash; run: pip install 'qdrant-edge-py>=0.9'")
