"""Shards of the embedded engine: made, loaded, and heard when they complain."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.errors import IndexLockedError, IndexStateError, StorageError
from hybrid_indexes._points import DENSE, SCOPE, SPARSE, VERSION
from hybrid_indexes._room import require_room

if TYPE_CHECKING:
    from qdrant_edge import EdgeConfig, EdgeShard

_OLDEST_ENGINE = (0, 9)


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
        StorageError: The disk is too full to open it.
    """
    from qdrant_edge import EdgeShard

    require_room(path)
    with translated():
        return EdgeShard.load(str(path), _config(dimension))


def _config(dimension: int) -> EdgeConfig:
    from qdrant_edge import Distance, EdgeConfig, EdgeSparseVectorParams, EdgeVectorParams

    return EdgeConfig(
        vectors={DENSE: EdgeVectorParams(size=dimension, distance=Distance.Dot)},
        sparse_vectors={SPARSE: EdgeSparseVectorParams()},
        wal_enabled=True,  # without it a killed process leaves lost, stale and doubled points
    )


@contextmanager
def translated() -> Generator[None]:
    """Give the engine's own messages, all of one class, the error that says what to do."""
    try:
        yield
    except Exception as error:
        message = " ".join(str(error).split())
        if type(error) is not Exception:
            raise
        if "WouldBlock" in message:
            raise IndexLockedError("another process has the index open; stop it or wait until it is done") from None
        if "No space left" in message or "os error 28" in message:
            raise StorageError("the disk is full; free some space, then run sync again") from None
        if "expected vector size" in message:
            sizes = message.partition("expected vector size ")[2]
            raise IndexStateError(
                f"the embedder makes vectors of dimension {sizes.replace('but got', 'the index holds')}; "
                "use the embedding model that the index was built with"
            ) from None
        raise IndexStateError(f"the engine refused: {message[:200]}") from error


def refuse_old_engine() -> None:
    """Raise when the installed engine is too old to survive a crash."""
    found = installed_version("qdrant-edge-py")
    if tuple(int(part) for part in found.split(".")[:2]) < _OLDEST_ENGINE:
        raise IndexStateError(f"qdrant-edge-py {found} loses writes in a crash; run: pip install 'qdrant-edge-py>=0.9'")
