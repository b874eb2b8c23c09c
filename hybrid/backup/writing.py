"""Making a backup, also while a server runs."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import hybrid
from hybrid._cache import filling
from hybrid.backup.archive import Written, write_archive
from hybrid.calibration import calibration_file
from hybrid.config import Settings
from hybrid.errors import ConfigError, IndexStateError, StorageError
from hybrid.pipeline import Pipeline
from hybrid.protocols import Portable

DATABASES = ("server.sqlite3", "directory.sqlite3")
"""What the server keeps in its folder: records, and the people and groups that an identity provider wrote."""

_SCRATCH = ".hybrid-backup"

Step = Callable[[str], None]
"""Told what is done now."""


def back_up(pipeline: Pipeline, settings: Settings, file: Path, place: Path, *, step: Step) -> Written:
    """Write index, stored texts, server records, people, hashed API keys and settings into one archive.

    Index and records are each of one moment; searches and answers go on meanwhile, and a sync waits for the copy. The
    session key is left out, so that nobody can make cookies of it, and so are documents, models and adapters.

    Args:
        pipeline: Has the index open, itself or through the server that holds it.
        settings: What the file says.
        file: The ``hybrid.toml``.
        place: The archive, or a folder for one named by the time.
        step: Told what is done now.

    Raises:
        StorageError: The disk is full or refuses; an archive that was at the place is as it was.
        BackupError: What was read again is not what was written.
        ConfigError: The folder of the archive does not exist.
    """
    made = datetime.now(UTC)
    if place.is_dir():
        place = place / f"hybrid-{made:%Y%m%d-%H%M%S}.tar.gz"
    if not place.absolute().parent.is_dir():
        raise ConfigError(f"{str(place)!r} cannot be written: its folder does not exist; make it first")
    if not isinstance(pipeline.knowledge, Portable):
        raise IndexStateError("this index cannot be copied; back it up by its own means")
    try:
        with filling(place.absolute().parent / _SCRATCH) as scratch:
            folder = scratch / "backup"
            step("copying")
            _stage(pipeline.knowledge, settings, file, folder)
            step("writing and reading again")
            return write_archive(
                folder, place.absolute(), version=hybrid.__version__, made=made.isoformat(timespec="seconds")
            )
    except OSError as error:
        raise StorageError(
            f"{str(place)!r} cannot be written: {error.strerror or error}; free some space or name another place"
        ) from None


def copy_records(source: Path, target: Path) -> None:
    """Put one SQLite file's content in the place of another's, in one transaction, whoever has them open.

    Raises:
        StorageError: The disk is full or refuses; the target is as it was.
    """
    try:
        with closing(sqlite3.connect(source, timeout=30)) as copied, closing(sqlite3.connect(target)) as into:
            copied.backup(into)
    except sqlite3.Error as error:
        raise StorageError(f"{str(target)!r} cannot be written: {error}; free some space, then try again") from None


def _stage(knowledge: Portable, settings: Settings, file: Path, folder: Path) -> None:
    (folder / "index").mkdir(parents=True)
    (folder / "server").mkdir()
    knowledge.snapshot(folder / "index")
    for name in DATABASES:
        if (database := settings.server.data / name).exists():
            copy_records(database, folder / "server" / name)
    keys = settings.server.api_keys
    others = {file: "hybrid.toml", calibration_file(settings.index.path): "index/calibration.json"}
    if keys is not None:
        others[keys] = "server/keys.json"
    for source, name in others.items():
        if source.exists():
            shutil.copyfile(source, folder / name)
