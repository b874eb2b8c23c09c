"""Keys of records (ids, URLs) and names of files as paths within a source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

_UNDECODED_OR_ESCAPE = re.compile("[%\udc80-\udcff]")
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


def printable_paths(paths: Iterable[bytes]) -> dict[bytes, str]:
    """Return files' paths as text; paths that differ give texts that differ.

    What is UTF-8 stays as it is. Of the others, bytes that are not become ``%E9``, so that the files can at least be
    named; where a file is already called so, a ``%`` in front of the name tells them apart.
    """
    texts = {path: path.decode("utf-8", "surrogateescape") for path in paths}
    undecoded = sorted(path for path, text in texts.items() if not text.isascii() and not _is_utf8(path))
    taken = set(texts.values()) if undecoded else set[str]()
    for path in undecoded:
        folder, slash, name = _UNDECODED_OR_ESCAPE.sub(_escaped, texts[path]).rpartition("/")
        while f"{folder}{slash}{name}" in taken:
            name = "%" + name
        texts[path] = f"{folder}{slash}{name}"
        taken.add(texts[path])
    return texts


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"%{code - 0xDC00 if code > 0xFF else code:02X}"
