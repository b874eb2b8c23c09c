"""Text files that whoever is killed leaves as they were or as they were meant to be."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hybrid.errors import StorageError

_PATIENCE = 30.0


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Keep other programs of ours from changing a file while the block runs.

    Raises:
        StorageError: The folder cannot be written, or another program holds the file for 30 seconds.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise StorageError(f"{str(path)!r} is being written by another program; try again when it is done") from None
    except OSError as error:
        raise StorageError(f"{str(path)!r} cannot be locked: {error.strerror}; name another place") from None
    try:
        yield
    finally:
        lock.release()


def replace_file(path: Path, text: str) -> None:
    """Put a text in the place of a file's content, all at once; it is on the disk when this returns.

    Raises:
        StorageError: The disk is full or refuses; the file is as it was.
    """
    try:
        scratch = _written_beside(path, text)
        try:
            scratch.chmod(_mode(path))
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
        sync_folder(path.absolute().parent)
    except OSError as error:
        raise StorageError(
            f"{str(path)!r} cannot be written: {error.strerror}; free some space or name another place"
        ) from error


def _written_beside(path: Path, text: str) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.absolute().parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    return Path(name)


def _mode(path: Path) -> int:
    """Return the mode of the file that is replaced, else that of a new one: temporary files are their owner's alone."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def sync_folder(folder: Path) -> None:
    """Make what was put into a folder, or out of it, survive a power cut."""
    # Only POSIX opens folders; elsewhere the file system's own journal has to do.
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
