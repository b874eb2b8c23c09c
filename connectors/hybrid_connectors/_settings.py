"""What every source is told: its name and who may read its documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from hybrid.errors import ConfigError, EmptyDocumentError
from hybrid.types import Document
from hybrid_connectors._access_rules import AccessRule, check_tokens, grant
from hybrid_connectors._content import Content
from hybrid_connectors._text import check_text

_READING = 2
"""Raised whenever the same bytes would become another document, so that all are read again."""


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """Base of the connectors: their fields are their configuration, and a TOML table validates into them."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    """Name of the source; the first half of every document id."""

    default_readers: tuple[str, ...] = ()
    """Tokens of those who may read a document about which nothing else is said; left out, nobody may."""

    rules: tuple[AccessRule, ...] = ()
    """Readers by path; the first rule that matches decides."""

    def __post_init__(self) -> None:
        """Refuse a name or tokens that cannot be used."""
        if not self.name.strip() or not self.name.isprintable() or ":" in self.name:
            raise ConfigError(f"name {self.name!r} of a source is not usable; give a printable name without ':'")
        check_tokens(self.default_readers, (), f"source {self.name!r}: default_readers")

    def _fingerprint(self, *settings: object) -> str:
        """Hash of the settings that can alter documents, the shared ones included."""
        parts = (type(self).__name__, _READING, self.default_readers, self.rules, *settings)
        return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()

    def _document(self, path: str, uri: str, content: Content, *, place: str | None = None) -> Document:
        """Return the document with its readers; ``place`` is the path that rules see, where it is another.

        Raises:
            EmptyDocumentError: It has a title of its own and no text.
            ReadError: The content is blank, or its tenant contradicts a rule.
        """
        fields = content.fields
        if fields.title and not content.text.strip():
            raise EmptyDocumentError(f"{path}: has a title and no text, so there is nothing to index")
        check_text(content.text, path)
        given = grant(place or path, fields, rules=self.rules, default_readers=self.default_readers)
        title = fields.title or content.title
        if title is not None:
            check_text(title, path)
        return Document(
            source=self.name,
            path=path,
            uri=uri,
            title=title or content.fallback_title,
            text=content.text,
            media_type=content.media_type,
            access=given.access,
            metadata=fields.metadata,
            tenant=given.tenant,
            valid_from=fields.valid_from,
            valid_until=fields.valid_until,
            first_line=content.first_line,
            page_starts=content.page_starts,
            title_in_text=title is not None,
        )
