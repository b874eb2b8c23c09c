"""Writing into a registry so that a reader, and whoever is killed, finds a whole version or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hybrid.errors import StorageError

UNFINISHED = "unfinished-"
"""How folders begin that are still being written, or were when their writer was killed."""


def publish(source: Path, place: Path, complete: Callable[[Path], None]) -> None:
    """Copy a folder to a place where nothing lies, all at once.

    Args:
        source: What to copy; symbolic links are followed.
        place: Where it shall lie; its parent exists.
        complete: Called with the copy before anybody can see it.

    Raises:
        StorageError: Something lies there already, or the disk is full or refuses.
    """
    try:
        copy = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=place.parent))
    except OSError as error:
        raise _refused(place, error) from None
    try:
        shutil.copytree(source, copy, dirs_exist_ok=True)
        complete(copy)
        _flush(copy)
        copy.chmod(0o755)
        # Fails where a version lies: no folder that holds anything is ever replaced.
        copy.rename(place)
        _flush_folder(place.parent)
    except OSError as error:
        raise _refused(place, error) from None
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _flush(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        if path.is_dir():
            _flush_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    # Only POSIX opens folders; elsewhere the file system's own journal has to do.
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _refused(place: Path, error: OSError) -> StorageError:
    return StorageError(f"{str(place)!r} cannot be written: {error.strerror or error}; nothing was changed")
