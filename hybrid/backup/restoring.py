"""Bringing a backup back: everything is checked before anything that is there is touched."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hybrid import _plugins
from hybrid._files import replace_file
from hybrid.backup.archive import Manifest, read_archive, require_room
from hybrid.backup.writing import Step, copy_records
from hybrid.calibration import calibration_file
from hybrid.config import Settings, load_settings
from hybrid.errors import BackupError, StorageError
from hybrid.health import IndexHealth

SETTINGS, RECORDS = "hybrid.toml", "server/server.sqlite3"
KEYS, DIRECTORY = "server/keys.json", "server/directory.sqlite3"
CALIBRATION = "calibration.json"
BEFORE = "server-before-restore.sqlite3"
"""What the server's records were before the last restore."""


class IndexPlace(Protocol):
    """Where an index from elsewhere is checked and made live."""

    folder: Path

    def check(self) -> IndexHealth:
        """Return the health of what was written."""
        ...

    def switch(self) -> None:
        """Make it live."""
        ...

    def close(self) -> None:
        """Remove what was not made live."""
        ...


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore did, or with ``dry_run`` would do."""

    made: str
    """When the backup was made."""

    documents: int
    """Documents that the index holds now."""

    unwritten: int
    """Chunks that the next sync has to write again."""

    records: bool
    """Whether the server's records are those of the backup."""

    kept: tuple[str, ...]
    """Files that were there already and are not those of the backup: they stayed."""

    dry_run: bool
    """Whether nothing was changed."""


def restore(archive: Path, file: Path, *, dry_run: bool = False, step: Step) -> Restored:
    """Put a backup in the place of what a configuration names.

    A killed restore, or one that fails, leaves the old index live. What is there of settings, API keys and people
    stays: a key, or somebody, that was removed since the backup must not come back.

    Args:
        archive: The backup.
        file: The ``hybrid.toml``; the backup's own is put there where none is.
        dry_run: Whether to check everything and change nothing.
        step: Told what is done now.

    Raises:
        BackupError: The archive is half, was changed, or does not hold what it should.
        IndexLockedError: A process holds the index; stop it first.
        StorageError: The disk is full or refuses.
    """
    step("checking")
    folder = file.absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{file.name}-", dir=folder) as scratch:
            unpacked = Unpacked(folder=Path(scratch), file=file)
            # Everything is read and compared before anything is written but the settings, which say where to.
            manifest = read_archive(archive, lambda name: unpacked.settings if name == SETTINGS else None)
            _require_whole(archive, manifest)
            with _index_place(unpacked.read_settings()) as place:
                return _restored(archive, unpacked, place, manifest, dry_run=dry_run, step=step)
    except OSError as error:
        raise StorageError(f"{str(error.filename or folder)!r}: {error.strerror or error}; free some space") from None


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """Those files of a backup that are not the index's."""

    folder: Path
    """Where they are: in the folder of the configuration, so that paths in it mean the same."""

    file: Path
    """The configuration that is there, or will be."""

    @property
    def settings(self) -> Path:
        """The backup's ``hybrid.toml``."""
        return self.folder / SETTINGS

    def read_settings(self) -> Settings:
        """Return the settings that are there, or those of the backup as if they were."""
        return load_settings(self.file if self.file.exists() else self.settings, folder=self.file.absolute().parent)

    def put_alone(self, settings: Settings, *, dry_run: bool) -> tuple[str, ...]:
        """Put settings, keys and people where none are, and return those that are there and are others."""
        pairs = [(self.settings, self.file), (self.folder / DIRECTORY, settings.server.data / Path(DIRECTORY).name)]
        if settings.server.api_keys is not None:
            pairs.append((self.folder / KEYS, settings.server.api_keys))
        kept: list[str] = []
        for source, target in pairs:
            if target.exists() and source.exists() and source.read_bytes() != target.read_bytes():
                kept.append(str(target))
            elif source.exists() and not target.exists() and not dry_run:
                _put(source, target)
        return tuple(kept)


def _put(source: Path, target: Path) -> None:
    if source.suffix == ".sqlite3":
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy_records(source, target)
    else:
        replace_file(target, source.read_text("utf-8"))


@contextmanager
def _index_place(settings: Settings) -> Generator[tuple[IndexPlace, Settings]]:
    place: IndexPlace = _plugins.load("hybrid_indexes.assembly:open_restoring")(settings)
    try:
        yield place, settings
    finally:
        place.close()


def _restored(
    archive: Path,
    unpacked: Unpacked,
    held: tuple[IndexPlace, Settings],
    manifest: Manifest,
    *,
    dry_run: bool,
    step: Step,
) -> Restored:
    place, settings = held

    def where(name: str) -> Path | None:
        if name == SETTINGS:
            return None
        part = name.removeprefix("index/")
        return unpacked.folder / name if part in (name, CALIBRATION) else place.folder / part

    step("unpacking")
    require_room(place.folder, manifest.length)
    read_archive(archive, where)
    for name in (RECORDS, DIRECTORY):
        if (unpacked.folder / name).exists():
            _check_database(unpacked.folder / name)
    step("checking the index")
    health = place.check()
    if not dry_run:
        step("switching")
        place.switch()
        _put_beside(unpacked, settings)
    return Restored(
        made=manifest.made,
        documents=sum(health.documents.values()),
        unwritten=health.missing + health.surplus,
        records=RECORDS in manifest.files,
        kept=unpacked.put_alone(settings, dry_run=dry_run),
        dry_run=dry_run,
    )


def _put_beside(unpacked: Unpacked, settings: Settings) -> None:
    calibration = calibration_file(settings.index.path)
    if (found := unpacked.folder / "index" / CALIBRATION).exists():
        replace_file(calibration, found.read_text("utf-8"))
    else:
        calibration.unlink(missing_ok=True)
    if (found := unpacked.folder / RECORDS).exists():
        data = settings.server.data
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        live = data / found.name
        if live.exists():
            copy_records(live, data / BEFORE)
        copy_records(found, live)


def _require_whole(archive: Path, manifest: Manifest) -> None:
    for name in (SETTINGS, "index/journal.sqlite"):
        if name not in manifest.files:
            raise BackupError(f"the backup {archive.name} holds no {name}; use another one")


def _check_database(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            (said,) = connection.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise BackupError(f"{path.name} in the backup is damaged ({said}); use another one")
