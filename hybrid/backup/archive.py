"""The file of a backup: a compressed tar whose first member lists all others with their lengths and sums."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hybrid._files import sync_folder
from hybrid.errors import BackupError, StorageError

MANIFEST = "manifest.json"
_FORMAT = 1
_LONGEST_MANIFEST = 64 * 2**20
_PIECE = 2**20
_RESERVE = 64 * 2**20
# Vectors and compressed texts get no smaller, empty log segments do at once.
_LEVEL = 1
# All that a backup can hold. No name begins with a slash or a dot, so that none leads out of the folder it is put into.
_PART = r"[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_NAMES = re.compile(
    rf"hybrid\.toml|index/(journal\.sqlite|calibration\.json|engine(/{_PART})+)|server/((server|directory)\.sqlite3|keys\.json)"
)


class FileEntry(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bytes: int = Field(ge=0)
    """Its length."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Its sum."""


class Manifest(BaseModel):
    """What a backup is and holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = _FORMAT
    """How the archive is laid out."""

    hybrid: str
    """Version that made it."""

    made: str
    """When, as an ISO date."""

    files: dict[str, FileEntry]
    """All files, by their name in the archive."""

    folders: tuple[str, ...]
    """Folders of the engine that hold nothing and must be there."""

    @property
    def length(self) -> int:
        """Bytes of all files."""
        return sum(each.bytes for each in self.files.values())


@dataclass(frozen=True, kw_only=True)
class Written:
    """An archive that was written and read again."""

    path: Path
    """Where it is."""

    files: int
    """How many files it holds."""

    bytes: int
    """Its length."""

    sha256: str
    """Its own sum, to be kept elsewhere: who can change the archive can change the sums in it."""


def write_archive(folder: Path, path: Path, *, version: str, made: str) -> Written:
    """Write all files of a folder into a new archive, read it again, and put it in its place only then.

    Raises:
        StorageError: The disk is full or refuses; what was at the place is as it was.
        BackupError: What was read again is not what was written.
    """
    manifest = Manifest(hybrid=version, made=made, files=dict(_entries(folder)), folders=tuple(_empty(folder)))
    scratch = folder.with_name(folder.name + ".part")
    try:
        require_room(folder, manifest.length)
        with open(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            _write(folder, manifest, file)
            file.flush()
            os.fsync(file.fileno())
        if read_archive(scratch, nowhere) != manifest:
            raise BackupError("the archive holds another manifest than was written; check the disk, then try again")
        os.replace(scratch, path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"{str(path)!r} cannot be written: {error.strerror or error}; free some space or name another place"
        ) from None
    finally:
        scratch.unlink(missing_ok=True)
    return Written(path=path, files=len(manifest.files), bytes=path.stat().st_size, sha256=_sum_of_file(path))


def read_archive(path: Path, place: Callable[[str], Path | None]) -> Manifest:
    """Read a whole archive, compare every sum, and return its manifest.

    Args:
        path: The archive.
        place: Returns where to write a file, by its name in the archive, or None; nothing may be there yet.

    Raises:
        BackupError: It is half, was changed, or is no backup that this version knows.
        StorageError: There is no such file, or no room for what is in it.
    """
    with _opened(path) as members:
        manifest = _manifest(next(members, None))
        missing = set(manifest.files)
        for name, file in members:
            if name not in missing:
                raise BackupError(f"the backup {path.name} holds {name!r}, which its manifest does not list once")
            missing.remove(name)
            _read(name, file, manifest.files[name], place(name))
        if missing:
            raise BackupError(f"the backup {path.name} lacks {min(missing)!r}; it was cut off or changed")
        for name in manifest.folders:
            if (folder := place(name)) is not None:
                folder.mkdir(parents=True, exist_ok=True)
    return manifest


def nowhere(name: str) -> None:
    """Write no file."""


def require_room(folder: Path, length: int) -> None:
    """Return if a disk has room for so many bytes.

    Raises:
        StorageError: It has not.
    """
    free = shutil.disk_usage(folder).free
    if free < length + _RESERVE:
        raise StorageError(
            f"{str(folder)!r} has {free >> 20} MB left and {(length + _RESERVE) >> 20} MB are needed; free some space"
        )


def _entries(folder: Path) -> Iterator[tuple[str, FileEntry]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            assert _NAMES.fullmatch(name), name
            yield name, FileEntry(bytes=path.stat().st_size, sha256=_sum_of_file(path))


def _empty(folder: Path) -> Iterator[str]:
    for path in sorted((folder / "index").rglob("*")):
        if path.is_dir() and not any(path.iterdir()):
            yield path.relative_to(folder).as_posix()


def _write(folder: Path, manifest: Manifest, file: IO[bytes]) -> None:
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL) as archive:
        listed = manifest.model_dump_json(indent=1).encode()
        archive.addfile(_member(MANIFEST, len(listed)), io.BytesIO(listed))
        for name, entry in manifest.files.items():
            with (folder / name).open("rb") as content:
                archive.addfile(_member(name, entry.bytes), content)


def _member(name: str, length: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = length, 0o600
    return member


@contextmanager
def _opened(path: Path) -> Generator[Iterator[tuple[str, IO[bytes]]]]:
    try:
        with tarfile.open(path, "r|gz") as archive:
            yield _files(path, archive)
    except FileNotFoundError:
        raise StorageError(f"there is no backup {str(path)!r}; name an existing one") from None
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise BackupError(f"{path.name} is no whole backup ({error}); use another one") from None
    except OSError as error:
        if error.errno is None:  # gzip says so that the bytes are not its own
            raise BackupError(f"{path.name} is no whole backup ({error}); use another one") from None
        raise StorageError(f"{str(path)!r} cannot be read or unpacked: {error.strerror}; free some space") from None


def _files(path: Path, archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in archive:
        content = archive.extractfile(member) if member.isreg() else None
        if content is None or not (member.name == MANIFEST or _NAMES.fullmatch(member.name)):
            raise BackupError(f"{path.name} holds {member.name!r}, which no backup of hybrid does; use another one")
        yield member.name, content


def _manifest(first: tuple[str, IO[bytes]] | None) -> Manifest:
    if first is None or first[0] != MANIFEST:
        raise BackupError("the archive does not begin with a manifest: it is no backup of hybrid; use another one")
    try:
        manifest = Manifest.model_validate_json(first[1].read(_LONGEST_MANIFEST))
    except ValidationError:
        raise BackupError("the archive's manifest is damaged, or of a newer version of hybrid; use that one") from None
    for name in (*manifest.files, *manifest.folders):
        if not _NAMES.fullmatch(name):
            raise BackupError(f"the archive's manifest lists {name!r}, which no backup of hybrid holds")
    return manifest


def _read(name: str, file: IO[bytes], entry: FileEntry, place: Path | None) -> None:
    with _sink(place) as sink:
        digest, left = hashlib.sha256(), entry.bytes
        while piece := file.read(_PIECE):
            left -= len(piece)
            if left < 0:
                break
            digest.update(piece)
            if sink is not None:
                sink.write(piece)
        if left or digest.hexdigest() != entry.sha256:
            raise BackupError(f"{name!r} in the backup is not what was written; it was changed or damaged")


@contextmanager
def _sink(path: Path | None) -> Generator[IO[bytes] | None]:
    if path is None:
        yield None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file


def _sum_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
