"""Text of web pages in whatever charset they name."""

from __future__ import annotations

import codecs
import re

from hybrid.errors import ParseError

_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def to_utf8(data: bytes, content_type: str, url: str) -> bytes:
    """Return the text in UTF-8: by byte-order mark, header or ``<meta>``, else it must be UTF-8 already.

    Raises:
        ParseError: The bytes are not in the charset that the page names.
    """
    name = _charset(data, content_type)
    try:
        return data.decode(name).encode("utf-8")
    except (UnicodeError, LookupError) as error:
        raise ParseError(
            f"{url}: is not the {name[:40]} text that it says; it cannot be read without guessing"
        ) from error


def _charset(data: bytes, content_type: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    header, meta = _HEADER.search(content_type), _META.search(data[:2048])
    name = header.group(1) if header else meta.group(1).decode("ascii") if meta else "utf-8"
    try:
        # Browsers read Latin-1 as its superset; what is no text encoding at all is refused by decode().
        return "cp1252" if codecs.lookup(name).name in ("iso8859-1", "ascii") else name
    except LookupError:
        return name
