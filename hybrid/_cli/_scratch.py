"""Throw-away indexes: a folder of documents, synced into the user's cache."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hybrid import _plugins
from hybrid._cache import cache_folder
from hybrid.access import PUBLIC
from hybrid.config import Settings
from hybrid.errors import ConfigError, IndexDamagedError, IndexLockedError, IndexVersionError, StorageError
from hybrid.pipeline import Pipeline

_CORPUS = ("corpus.jsonl", "corpus.jsonl.gz")
_KEY_LENGTH = 12
_KEPT = 5


def scratch_settings(folder: Path, *, beir: bool, left_out: Iterable[Path] = ()) -> Settings:
    """Return the settings of the throw-away index of a folder.

    A document that names no reader is readable for everybody; one that names readers keeps them.

    Args:
        folder: The documents; the index is found again by its absolute path.
        beir: Whether it holds ``corpus.jsonl`` rather than files.
        left_out: Files that are no documents even where they lie in the folder.

    Raises:
        ConfigError: There is no such folder, or no corpus in it.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise ConfigError(f"{str(folder)!r} is not a folder; name one with documents")
    if beir and not any((root / name).is_file() for name in _CORPUS):
        raise ConfigError(f"{str(folder)!r} holds no corpus.jsonl; for other documents use --source")
    source: dict[str, Any] = {
        "type": "jsonl" if beir else "folder",
        "name": "docs",
        "path": str(root),
        "default_readers": [PUBLIC],
    }
    if not beir:
        source["exclude"] = [glob.escape(path.relative_to(root).as_posix()) for path in _within(root, left_out)]
    return Settings.model_validate({"index": {"path": _place(root, beir=beir)}, "sources": [source]})


def open_scratch(settings: Settings) -> Pipeline:
    """Return the pipeline of a throw-away index; one that this version cannot use is made again.

    Where a new one is made, only the ones used last stay.

    Raises:
        IndexLockedError: Another process checks the same folder.
    """
    path = settings.index.path
    if not path.exists():
        _remove_older(path.parent)
    try:
        pipeline = Pipeline.from_settings(settings)
    except (IndexVersionError, IndexDamagedError):
        shutil.rmtree(path)
        pipeline = Pipeline.from_settings(settings)
    os.utime(path)
    return pipeline


def _remove_older(folder: Path) -> None:
    """Make room for one more index beside those used last; one that a process holds is in use and stays."""
    remove: Callable[[Path], None] = _plugins.load("hybrid_indexes.assembly:remove_index")
    kept = sorted(folder.glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[_KEPT - 1 :]:
        with suppress(IndexLockedError, StorageError):
            remove(path)


def _place(root: Path, *, beir: bool) -> Path:
    key = hashlib.sha256(f"{'beir' if beir else 'source'}:{root}".encode("utf-8", "surrogateescape")).hexdigest()
    return cache_folder() / "recall-check" / f"{root.name}-{key[:_KEY_LENGTH]}"


def _within(root: Path, paths: Iterable[Path]) -> list[Path]:
    return [path for path in (path.resolve() for path in paths) if path.is_relative_to(root)]
