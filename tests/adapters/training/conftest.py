"""A base of a few thousand weights that nobody trained, and recipes for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

pytest.importorskip("trl", reason="the extra 'train' brings it")

from training_samples import chat_rows, save_base, write_rows

from hybrid_adapters.training import Recipe


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    import torch
    from transformers.utils import logging

    # Each of these multiplications is smaller than waking up a second thread.
    torch.set_num_threads(1)
    # A progress bar leaves a thread behind.
    logging.disable_progress_bar()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs are kept in a folder of the test's own."""
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "training"


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base's folder; tests that change it take a copy."""
    return save_base(tmp_path_factory.mktemp("bases") / "tiny")


MakeRecipe = Callable[..., Recipe]


@pytest.fixture
def recipe(base: Path, tmp_path: Path) -> MakeRecipe:
    """Make a recipe for the tiny base."""

    def make(rows: list[dict[str, Any]] | None = None, **settings: Any) -> Recipe:
        path = write_rows(tmp_path / "rows.jsonl", chat_rows() if rows is None else rows)
        defaults = {"name": "voice", "base": str(base), "rows": path, "epochs": 2, "batch": 2, "rank": 4}
        return Recipe(**(defaults | settings))

    return make
