"""Throw-away indexes do not pile up in the user's cache."""

import os
from pathlib import Path

from hybrid._cli._scratch import open_scratch, scratch_settings
from hybrid_indexes._workspace import Workspace


def test_only_the_indexes_used_last_stay_and_those_that_are_held(tmp_path, monkeypatch):
    monkeypatch.setenv("HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("hybrid._cli._scratch.Pipeline.from_settings", lambda settings: _made(settings.index.path))
    indexes = [_used(tmp_path / f"docs{number}", at=number) for number in range(5)]
    held = Workspace(indexes[0])
    os.utime(indexes[0], (0, 0))
    _used(tmp_path / "docs5", at=5)
    assert [path.exists() for path in indexes] == [True] * 5, "the oldest is held"
    held.release()
    os.utime(indexes[0], (0, 0))
    _used(tmp_path / "docs6", at=6)
    assert [path.exists() for path in indexes] == [False, False, True, True, True]
    _used(tmp_path / "docs2", at=7)
    _used(tmp_path / "docs7", at=8)
    assert [path.exists() for path in indexes] == [False, False, True, False, True], "one was used again"


def _used(documents: Path, *, at: int) -> Path:
    documents.mkdir(exist_ok=True)
    settings = scratch_settings(documents, beir=False)
    open_scratch(settings)
    os.utime(settings.index.path, (at, at))
    return settings.index.path


def _made(path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
