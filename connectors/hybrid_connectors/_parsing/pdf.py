"""PDF as plain text with the offset of every page."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader

from hybrid.errors import ParseError
from hybrid_connectors._parsing.clean import clean
from hybrid_connectors._parsing.parsed import Parsed

_PROGRAM_TITLE = re.compile(r"^Microsoft |^untitled$|\.(?:docx?|pptx?|xlsx?|pdf|indd|tex|dvi|odt)$", re.IGNORECASE)
_BETWEEN_PAGES = "\n\n"


def parse(data: bytes) -> Parsed:
    """Return the text of a PDF's pages.

    Raises:
        ParseError: It needs a password or holds no text.
    """
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ParseError("is encrypted; save it without a password")
    pages = [_lines(page.extract_text()) for page in reader.pages]
    if not any(pages):
        raise ParseError("holds no text, perhaps a scan; run text recognition (OCR) over it first")
    starts, offset = list[int](), 0
    for page in pages:
        starts.append(offset)
        offset += len(page) + len(_BETWEEN_PAGES)
    return Parsed(text=_BETWEEN_PAGES.join(pages), title=_title(reader), page_starts=tuple(starts))


def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in clean(text).split("\n")).strip("\n")


def _title(reader: PdfReader) -> str | None:
    """The title that a person gave; what a program wrote into the field is no title."""
    title = " ".join(clean(str(reader.metadata.title or "")).split()) if reader.metadata else ""
    return None if not title or _PROGRAM_TITLE.search(title) else title
