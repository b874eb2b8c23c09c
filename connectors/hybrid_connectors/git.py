"""Documents in a git repository at a revision, read from its objects without a checkout."""

from __future__ import annotations

import re
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from hybrid.errors import ConfigError, ReadError, SourceError
from hybrid.protocols import Entry, Listing
from hybrid.types import Document
from hybrid_connectors._files import FileSettings
from hybrid_connectors._git import Git, Objects

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LFS = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, kw_only=True)
class GitRepository(FileSettings):
    """The files of a local clone at one revision, whatever is checked out.

    A file's state is its blob id, so an unchanged file costs nothing, and renames come from the history since the last
    listing. Nothing of the repository runs: no hooks, no filters, no fetching.

    Example:
        >>> source = GitRepository(name="handbook", path=Path("handbook"), revision="main", subfolder="docs")
    """

    path: Path
    """Top folder of the clone, or a bare repository."""

    revision: str = "HEAD"
    """Branch, tag or commit."""

    subfolder: str = ""
    """Folder of the repository to read; paths and patterns are relative to it."""

    def __post_init__(self) -> None:
        """Refuse a revision that would be an option, and a subfolder that leads out."""
        super().__post_init__()
        if not self.revision.strip() or self.revision.startswith("-") or not self.revision.isprintable():
            raise ConfigError(
                f"source {self.name!r}: revision {self.revision!r} is not usable; name a branch or commit"
            )
        if ".." in self.subfolder.split("/"):
            raise ConfigError(f"source {self.name!r}: subfolder {self.subfolder!r} leads out of the repository")

    @property
    def fingerprint(self) -> str:
        """Changes when a setting changes that can alter documents."""
        return self._fingerprint(str(self.path), self.subfolder, self.max_bytes, self.parse_seconds, self.link)

    @property
    def watch_paths(self) -> Sequence[str]:
        """The folder in which git notes where its branches are."""
        folder = self.path.absolute() / ".git"
        return (str(folder if folder.is_dir() else self.path.absolute()),)

    def list(self, cursor: str | None = None) -> Listing:
        """Return every document at the revision, with the renames since the commit of the last listing.

        Raises:
            SourceError: There is no such repository, revision or subfolder.
        """
        try:
            commit = self._git.commit(self.revision)
            blobs = {blob.path: blob.id for blob in self._git.blobs(self._tree(commit)) if self._selects(blob.path)}
        except SourceError as error:
            raise SourceError(
                f"source {self.name!r}: {error}; nothing was removed because of it, check path, revision and subfolder"
            ) from error
        self._snapshot.commit, self._snapshot.blobs = commit, blobs
        renames: dict[str, str] = {}
        if cursor and cursor != commit and _COMMIT.fullmatch(cursor):
            found = self._git.renames(self._tree(cursor), self._tree(commit)).items()
            renames = {old: new for old, new in found if self._selects(old) and new in blobs}
        entries = tuple(Entry(path=path, state=blob) for path, blob in sorted(blobs.items()))
        return Listing(entries=entries, renames=renames, cursor=commit)

    def read(self, entry: Entry) -> Document:
        """Return one document.

        Raises:
            ReadError: The last listing has no such file, or its bytes cannot become a document.
        """
        if not self._snapshot.commit:
            self.list()
        self._check_selected(entry.path)
        if self._snapshot.blobs.get(entry.path) != entry.state:
            raise ReadError(f"{entry.path}: is not this version at {self.revision!r} any more; sync again")
        data = self._objects.read(entry.state, entry.path, self.max_bytes)
        if data.startswith(_LFS):
            raise ReadError(f"{entry.path}: is a pointer of Git LFS, not the file; exclude it or read a folder with it")
        return self._file_document(entry.path, data, self._uri(entry.path))

    def _uri(self, path: str) -> str:
        commit, place = self._snapshot.commit, "/".join(filter(None, (self.subfolder.strip("/"), path)))
        return self._linked(place, commit) or f"git+{self._git.path.as_uri()}@{commit}#{quote(place)}"

    def _tree(self, commit: str) -> str:
        subfolder = self.subfolder.strip("/")
        return f"{commit}:{subfolder}" if subfolder else commit

    @cached_property
    def _git(self) -> Git:
        return Git(self.path.absolute())

    @cached_property
    def _objects(self) -> Objects:
        objects = Objects(self._git)
        weakref.finalize(self, objects.close)
        return objects

    @cached_property
    def _snapshot(self) -> _Snapshot:
        return _Snapshot()


@dataclass
class _Snapshot:
    """What the last listing saw."""

    commit: str = ""
    blobs: dict[str, str] = field(default_factory=dict[str, str])
