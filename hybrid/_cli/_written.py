"""Files that commands write where the user names a place."""

from __future__ import annotations

from pathlib import Path

from hybrid.errors import ConfigError, StorageError


def check_writable(*paths: Path | None) -> None:
    """Return if the files can be written, before any work is done for them.

    Raises:
        ConfigError: A file's folder does not exist, or the path is a folder.
    """
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise ConfigError(f"{str(path)!r} is a folder; name a file to write")
        if not path.absolute().parent.is_dir():
            raise ConfigError(
                f"{str(path)!r} cannot be written: folder {str(path.parent)!r} does not exist; make it first"
            )


def write_file(path: Path, text: str) -> None:
    """Write a text file.

    Raises:
        StorageError: The disk is full or refuses.
    """
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise StorageError(f"{str(path)!r} cannot be written: {error.strerror}; name another place") from error
