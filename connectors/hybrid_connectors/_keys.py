"""Keys of records (ids, URLs) and names of files as paths within a source."""

from __future__ import annotations

import re
from urllib.parse import quote

_UNDECODED = re.compile("[\udc80-\udcff]")
_UNSAFE = re.compile(r"[%\\\x00-\x1f\x7f]")


def path_of_key(key: str) -> str:
    r"""Return a relative path with forward slashes; keys that differ give paths that differ.

    Almost every key is its own path. What would lead elsewhere or could not be printed is percent-encoded.

    Example:
        >>> path_of_key("handbook/7"), path_of_key("/etc/passwd"), path_of_key("a/../b"), path_of_key("a\\b")
        ('handbook/7', '%2Fetc/passwd', 'a/%2E%2E/b', 'a%5Cb')
    """
    encoded = _UNSAFE.sub(lambda character: quote(character.group(), safe=""), key)
    if encoded.startswith("/"):
        encoded = "%2F" + encoded[1:]
    return "/".join(part.replace(".", "%2E") if part in (".", "..") else part for part in encoded.split("/"))


def printable_path(path: bytes) -> str:
    """Return a file's path as text; bytes that are not UTF-8 become ``%E9``, so that the file can at least be named."""
    text = path.decode("utf-8", "surrogateescape")
    return text if text.isascii() else _UNDECODED.sub(lambda byte: f"%{ord(byte.group()) - 0xDC00:02X}", text)
