"""From base and adapter to a graph for onnxruntime, in the user's cache folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from hybrid._cache import cache_folder
from hybrid.errors import StorageError
from hybrid_adapters.ranker._adapter import Manifest, merged
from hybrid_adapters.ranker._base import attention_heads, base_weights

_RECIPE = 1
_MODEL = "model.onnx"


def converted(manifest: Manifest, adapter: Path, base: Path) -> Path:
    """Return the graph of an adapter on its base, made at the first call and found again later.

    Raises:
        StorageError: The cache folder cannot be written.
    """
    key = f"{manifest.weights_sha256[:16]}-{manifest.base_sha256[:16]}-onnxruntime-{version('onnxruntime')}-{_RECIPE}"
    folder = cache_folder() / "ranker" / key
    path = folder / _MODEL
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            if not path.is_file():
                _make(manifest, adapter, base, path)
    except OSError as error:
        raise StorageError(
            f"the evidence ranker cannot be written under {str(folder)!r} ({error.strerror}); "
            "free some space, or set HYBRID_CACHE to a folder that can be written."
        ) from error
    return path


def _make(manifest: Manifest, adapter: Path, base: Path, target: Path) -> None:
    from hybrid_adapters.ranker._graph import write_graph

    scratch = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        weights = merged(base_weights(base), adapter, alpha=manifest.alpha)
        write_graph(weights, scratch / _MODEL, heads=attention_heads(base))
        os.replace(scratch / _MODEL, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
