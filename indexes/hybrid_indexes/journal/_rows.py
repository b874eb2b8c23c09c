"""Rows of the journal as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hybrid.types import MetadataValue

ORDINAL_BITS = 20
MAX_CHUNKS = 1 << ORDINAL_BITS

Action = Literal["write", "remove", "payload"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentRow:
    """A live document."""

    id: str
    """``source:path``."""

    source: str
    """Name of its connector."""

    path: str
    """Path within the source."""

    state: str
    """State of the listing entry it was read from."""

    version: int
    """Its live version."""

    scope: int
    """Its scope."""

    uri: str
    """Where a person can open it."""

    title: str
    """Its title."""

    metadata: Mapping[str, MetadataValue]
    """Its metadata."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRow:
    """One state of a document's content."""

    id: int
    """Number of the version."""

    content_hash: str
    """SHA-256 of what chunks and citations depend on."""

    text: str
    """Canonical text."""

    media_type: str
    """Media type of the original."""

    title_in_text: bool
    """Whether the title comes from the content."""

    first_line: int
    """Line of the original at which the text begins."""

    page_starts: tuple[int, ...]
    """Offset of each page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkRow:
    """Where a chunk lies in its version's text."""

    id: int
    """Point id."""

    start: int
    """First offset."""

    end: int
    """Offset after the last character."""

    lines: tuple[int, int]
    """First and last line in the original."""

    pages: tuple[int, int] | None
    """First and last page."""

    heading_path: tuple[str, ...]
    """Headings above."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureRow:
    """A document that could not be read at the last try."""

    id: str
    """``source:path``."""

    source: str
    """Name of its connector."""

    state: str
    """State of the entry that failed."""

    error: str
    """One line."""


def point_id(version: int, ordinal: int) -> int:
    """Return the id of a chunk in the engine, from which its version can be read without a look-up."""
    if not 0 <= ordinal < MAX_CHUNKS:
        raise ValueError(f"a document has at most {MAX_CHUNKS} chunks, got ordinal {ordinal}")
    return version << ORDINAL_BITS | ordinal


def version_of(point: int) -> int:
    """Return the version that a point id names.

    Example:
        >>> version_of(point_id(7, 3))
        7
    """
    return point >> ORDINAL_BITS
