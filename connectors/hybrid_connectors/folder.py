"""Documents in a folder: text formats as they are, PDF, HTML and Office files through the guarded parsers."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hybrid.errors import ReadError, SourceError, TooLargeError
from hybrid.protocols import Entry, Listing
from hybrid.types import Document
from hybrid_connectors._files import FileSettings
from hybrid_connectors._keys import printable_paths

_RACY_NS = 2_000_000_000
"""A file changed again within the clock's grain keeps its time and size; FAT's grain, the coarsest, is two seconds."""


@dataclass(frozen=True, kw_only=True)
class Folder(FileSettings):
    """A folder and everything below it.

    Listing costs one ``stat`` per file and reads nothing. Links are never followed: one that stays inside the folder is
    left out, because its target is listed under its own path, and one that leaves it is refused when read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as root:
        ...     _ = Path(root, "hello.md").write_text("# Hello")
        ...     folder = Folder(name="docs", path=Path(root), default_readers=("public",))
        ...     [folder.read(entry).title for entry in folder.list().entries]
        ['Hello']
    """

    path: Path
    """The folder."""

    @property
    def fingerprint(self) -> str:
        """Changes when a setting changes that can alter documents."""
        return self._fingerprint(str(self._root), self.max_bytes, self.parse_seconds, self.link)

    @property
    def watch_paths(self) -> Sequence[str]:
        """The folder itself."""
        return (str(self._root),)

    def list(self, cursor: str | None = None) -> Listing:
        """Return every document of the folder, by path.

        Raises:
            SourceError: The folder or one below it is missing or cannot be read.
        """
        now = time.time_ns()
        root = self._root
        found = ((path, entry) for path, entry in self._walk(root) if self._lists(path, entry, root))
        try:
            entries = [Entry(path=path, state=_state(entry.stat(follow_symlinks=False), now)) for path, entry in found]
        except OSError as error:
            raise self._unlistable(error) from error
        return Listing(entries=tuple(sorted(entries, key=lambda entry: entry.path)))

    def read(self, entry: Entry) -> Document:
        """Return one document of the folder.

        Raises:
            ReadError: The file is gone, too large, a link that leaves the folder, or not what its suffix says.
        """
        self._check_selected(entry.path)
        file = self._root / entry.path
        if Path(os.path.realpath(file)) != file:
            raise ReadError(f"{entry.path}: is a symbolic link or lies behind one; put the file itself into the folder")
        uri = self._linked(entry.path) or file.as_uri()
        return self._file_document(entry.path, self._bytes(file, entry.path), uri)

    @property
    def _root(self) -> Path:
        return Path(os.path.realpath(self.path))

    def _walk(self, root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
        pending = [(root, "")]
        while pending:
            folder, prefix = pending.pop()
            with os.scandir(folder) as found:
                entries = {os.fsencode(entry.name): entry for entry in found}
            for name, text in printable_paths(entries).items():
                path, entry = prefix + text, entries[name]
                if not entry.is_dir(follow_symlinks=False):
                    yield path, entry
                elif self._enters(path):
                    pending.append((folder / entry.name, path + "/"))

    def _lists(self, path: str, entry: os.DirEntry[str], root: Path) -> bool:
        if not self._selects(path):
            return False
        if entry.is_symlink():
            return not Path(os.path.realpath(entry.path)).is_relative_to(root)
        return entry.is_file(follow_symlinks=False)

    def _bytes(self, file: Path, path: str) -> bytes:
        try:
            # Between listing and reading a file can become a link or a pipe: neither is followed nor waited for.
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise ReadError(f"{path}: is not a regular file; replace it or exclude it")
                data = b"" if status.st_size > self.max_bytes else stream.read(self.max_bytes + 1)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ReadError(f"{path}: cannot be read ({reason}); check its name (UTF-8?) and permissions") from error
        size = max(status.st_size, len(data))
        if size > self.max_bytes:
            raise TooLargeError(
                f"{path}: has {size:,} bytes, the limit is {self.max_bytes:,}; split it, exclude it or raise max_bytes"
            )
        return data

    def _unlistable(self, error: OSError) -> SourceError:
        place = error.filename or self._root
        return SourceError(
            f"source {self.name!r}: cannot list {str(place)!r} ({error.strerror}); nothing was removed because of it, "
            "make the folder readable or exclude it"
        )


def _state(status: os.stat_result, now: int) -> str:
    state = f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}-{status.st_ctime_ns}"
    racy = abs(now - status.st_mtime_ns) < _RACY_NS
    return f"{state}~{now}" if racy else state
