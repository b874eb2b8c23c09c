"""The user's cache folder: what can be made again at any time, written so that it is never half there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from hybrid.errors import StorageError

_SCRATCH = ".making-"


def cache_folder() -> Path:
    """Return ``HYBRID_CACHE``, else ``hybrid`` under ``XDG_CACHE_HOME``, else ``~/.cache/hybrid``."""
    if named := os.environ.get("HYBRID_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "hybrid"


@contextmanager
def filling(folder: Path) -> Generator[Path]:
    """Hold a folder's lock and give a scratch folder in it; what a killed run left behind goes first.

    Raises:
        OSError: The folder cannot be written; ``unwritable`` makes it an error to show.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for left in folder.glob(_SCRATCH + "*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder) as scratch:
            yield Path(scratch)


def publish(made: Path, place: Path) -> Path:
    """Put a finished file, or folder of files, in its place; call it while ``filling``."""
    for path in made.iterdir() if made.is_dir() else (made,):
        _flush(path)
    # A name may stand on the disk before the bytes do, so these go first.
    return made.replace(place)


def unwritable(folder: Path, what: str, error: OSError) -> StorageError:
    """Return the error to raise where the disk did not take what was to be written."""
    return StorageError(
        f"{what} cannot be written under {str(folder)!r} ({error.strerror}); "
        "free some space, or set HYBRID_CACHE to a folder that can be written."
    )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
