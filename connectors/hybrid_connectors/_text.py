"""Bytes to canonical text: verbatim, but for the byte-order mark and line ends."""

from __future__ import annotations

from hybrid.errors import ParseError

_BOM = b"\xef\xbb\xbf"


def decode(data: bytes, path: str) -> str:
    r"""Return the text of a UTF-8 file without byte-order mark, with ``\n`` at every line end, so that lines agree.

    Raises:
        ParseError: The bytes are not UTF-8 text, or there is no text at all.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ParseError(f"{path}: is UTF-16 text; save it as UTF-8")
    if b"\0" in data:
        raise ParseError(f"{path}: holds NUL bytes, so it is binary and not text; rename it or exclude it")
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data.removeprefix(_BOM)[error.start]
        raise ParseError(f"{path}:{line}: byte 0x{byte:02x} is not valid UTF-8; save the file as UTF-8") from error
    return canonical(text)


def canonical(text: str) -> str:
    r"""Return the text with ``\n`` at every line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_text(text: str, path: str) -> None:
    """Refuse a text that cannot be indexed.

    Raises:
        ParseError: It is blank, holds NUL characters, or half a character (a lone surrogate) that no file could store.
    """
    if not text.strip():
        raise ParseError(f"{path}: is empty, there is nothing to index; write something or remove it")
    if "\0" in text:
        raise ParseError(f"{path}: holds NUL characters, so it is not text; remove them")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ParseError(
            f"{path}: character {error.start} is a lone surrogate (half of a character); repair the escape"
        ) from error
