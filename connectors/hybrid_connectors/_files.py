"""What folders and repositories share: which files are documents, and how a file's bytes become one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from hybrid.errors import ConfigError, ReadError
from hybrid.types import Document
from hybrid_connectors._content import read_content
from hybrid_connectors._media import media_type_of
from hybrid_connectors._selection import SelectionSettings


@dataclass(frozen=True, kw_only=True)
class FileSettings(SelectionSettings):
    """Settings of sources made of files; hidden files and unknown suffixes are never read."""

    link: str | None = None
    """Where a person can open a document: an address with ``{path}`` in it, for a repository also ``{revision}``."""

    def __post_init__(self) -> None:
        """Refuse a link that is the same for all."""
        super().__post_init__()
        if self.link is not None and "{path}" not in self.link:
            raise ConfigError(f"source {self.name!r}: link {self.link!r} is the same for all; put {{path}} into it")

    def _selects(self, path: str) -> bool:
        """Whether a relative path is one of this source's documents."""
        return self._enters(path) and media_type_of(path) is not None and self._includes(path)

    def _enters(self, path: str) -> bool:
        """Whether a path may hold documents: nothing in it is hidden, absolute, leading upwards or excluded."""
        if any(part == "" or part.startswith(".") for part in path.split("/")) or "\0" in path:
            return False
        return not self._excludes(path)

    def _linked(self, path: str, revision: str = "") -> str | None:
        """The address of a document by ``link``, if that is set."""
        return self.link and self.link.replace("{revision}", quote(revision)).replace("{path}", quote(path))

    def _check_selected(self, path: str) -> None:
        """Refuse what no listing would name.

        Raises:
            ReadError: The path is not a document of this source.
        """
        if not self._selects(path):
            raise ReadError(f"{path}: is not a document of source {self.name!r}; read only paths of its listing")

    def _file_document(self, path: str, data: bytes, uri: str) -> Document:
        """Return the document in a file's bytes.

        Raises:
            ReadError: The bytes cannot become a document.
        """
        media_type = media_type_of(path) or "text/plain"
        return self._document(path, uri, read_content(path, data, media_type, parse_seconds=self.parse_seconds))
