"""The cache of converted models: complete or absent, whatever dies or runs beside."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from hybrid.errors import EmbeddingError, StorageError
from hybrid_indexes.embedding import load_embedder, measurement

LOAD = """
import sys
from hybrid_indexes.embedding import load_embedder
embedder = load_embedder(sys.argv[1])
print(embedder.fingerprint, embedder.embed_query("plan").tobytes().hex())
"""
DIE_BEFORE_PUBLISHING = """
import os, signal, sys
from hybrid_indexes.embedding import load_embedder
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
load_embedder(sys.argv[1])
"""
HEAVY = {"torch", "transformers", "sentence_transformers", "onnx"}


def start(code, *arguments, cache):
    paths = [path for path in sys.path if path]
    environment = {**os.environ, "HYBRID_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], env=environment, stdout=subprocess.PIPE, text=True
    )


def model_files(cache):
    return sorted(path.relative_to(cache).parts[2:] for path in cache.rglob("*") if path.is_file())


def test_with_the_cache_present_nothing_heavy_is_imported(tiny_model, empty_cache):
    load_embedder(str(tiny_model))
    code = LOAD + f"print(sorted({HEAVY} & set(sys.modules)))"
    output, _ = start(code, tiny_model, cache=empty_cache).communicate()
    assert output.splitlines()[1:] == ["[]"]


def test_a_killed_conversion_leaves_nothing_half_written(tiny_model, empty_cache):
    killed = start(DIE_BEFORE_PUBLISHING, tiny_model, cache=empty_cache)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert measurement(str(tiny_model)) is None
    left = model_files(empty_cache)
    assert any("model.onnx" in parts for parts in left)

    chosen = load_embedder(str(tiny_model)).variant
    kept = {
        (".lock",),
        ("measurement.json",),
        *((chosen, name) for name in ("model.onnx", "settings.json", "tokenizer.json")),
    }
    assert set(model_files(empty_cache)) == kept


def test_two_processes_may_convert_the_same_model_at_once(tiny_model, empty_cache):
    processes = [start(LOAD, tiny_model, cache=empty_cache) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs[0] == outputs[1] != ""


def test_a_damaged_conversion_is_named(tiny_model, empty_cache):
    load_embedder(str(tiny_model), "fp32")
    (damaged,) = empty_cache.rglob("model.onnx")
    damaged.write_bytes(damaged.read_bytes()[:1000])
    with pytest.raises(EmbeddingError, match="delete that folder and it is made again"):
        load_embedder(str(tiny_model), "fp32")


def test_a_cache_that_cannot_be_written_is_named(tiny_model, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder", "utf-8")
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="set HYBRID_CACHE"):
        load_embedder(str(tiny_model), "fp32")


def test_the_cache_follows_the_users_cache_folder(tiny_model, tmp_path, monkeypatch):
    monkeypatch.delenv("HYBRID_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    vector = load_embedder(str(tiny_model), "fp32").embed_query("plan")
    assert list((tmp_path / "xdg" / "hybrid" / "embedding").rglob("fp32"))
    assert np.isfinite(vector).all()
