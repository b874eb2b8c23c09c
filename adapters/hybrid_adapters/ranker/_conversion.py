"""From base and adapter to a graph for onnxruntime, in the user's cache folder."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from hybrid._cache import cache_folder, filling, publish, unwritable
from hybrid_adapters.ranker._adapter import RankerAdapter, merged
from hybrid_adapters.ranker._base import attention_heads, base_weights

_RECIPE = 1
_MODEL = "model.onnx"


def converted(adapter: RankerAdapter, base: Path) -> Path:
    """Return the graph of an adapter on its base, made at the first call and found again later.

    Raises:
        StorageError: The cache folder cannot be written.
    """
    weights, held = adapter.manifest.weights_sha256, adapter.manifest.base.weights_sha256
    key = f"{weights[:16]}-{held[:16]}-onnxruntime-{version('onnxruntime')}-{_RECIPE}"
    folder = cache_folder() / "ranker" / key
    path = folder / _MODEL
    if path.is_file():
        return path
    try:
        with filling(folder) as scratch:
            # Whoever held the lock before may have made it.
            return path if path.is_file() else publish(_made(adapter, base, scratch), path)
    except OSError as error:
        raise unwritable(folder, "the evidence ranker", error) from error


def _made(adapter: RankerAdapter, base: Path, scratch: Path) -> Path:
    from hybrid_adapters.ranker._graph import write_graph

    weights = merged(base_weights(base), adapter)
    write_graph(weights, scratch / _MODEL, heads=attention_heads(base))
    return scratch / _MODEL
