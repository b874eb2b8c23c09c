"""A base of a few thousand weights with a voice, and rows of which twenty are held out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="the extra 'train' brings it")

sys.path.insert(0, str(Path(__file__).parent))

from evaluation_samples import bound_voice, rows_file

from hybrid_adapters.registry import Registry


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    import torch
    from transformers.utils import logging

    torch.set_num_threads(1)
    logging.disable_progress_bar()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rows_file(tmp_path_factory.mktemp("rows") / "rows.jsonl", held_out=20)


@pytest.fixture(scope="session")
def made(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The base's folder and a registry with two versions of a voice; tests that change it take a copy."""
    root = tmp_path_factory.mktemp("made")
    return root / "base", bound_voice(root, rows)


@pytest.fixture
def registry(made: tuple[Path, Path], tmp_path: Path) -> Registry:
    import shutil

    return Registry(shutil.copytree(made[1], tmp_path / "registry"))
