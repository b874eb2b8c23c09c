"""Small files that a crash leaves either as they were or as they were meant to be."""

from __future__ import annotations

import os
from pathlib import Path

from hybrid.errors import StorageError


def write_durably(path: Path, text: str) -> None:
    """Replace the content of a file in one step that survives a crash or a power cut on either side of it.

    Raises:
        StorageError: The disk is full or refuses; the file is as it was.
    """
    scratch = path.with_name(path.name + ".new")
    try:
        with scratch.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
        _sync(path.parent)
    except OSError as error:
        raise StorageError(
            f"{path.name}: {error.strerror}; free some space or check permissions, then try again"
        ) from None


def sync_tree(folder: Path) -> None:
    """Make everything in a folder survive a power cut."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
