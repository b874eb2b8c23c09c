"""What a parser finds in a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """Canonical text with what belongs to it."""

    text: str
    """Readable text; Markdown, but for PDF."""

    title: str | None = None
    """Title found in the file."""

    page_starts: tuple[int, ...] = ()
    """Offset in ``text`` at which each page or slide begins."""

    links: tuple[str, ...] = ()
    """Targets of a web page's links, as written."""
