"""Path patterns of the settings: anchored at the source's root, and a folder's name covers all below it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hybrid.errors import ConfigError

_WILDCARD = re.compile(r"\*+|\?|\[!?[^\]]+\]")


def matches(path: str, pattern: str) -> bool:
    """Whether a path, relative to the source's root, is covered by a pattern.

    ``*`` and ``?`` stay within one folder, ``**`` spans any number of folders, ``[ab]`` and ``[!ab]`` are classes. A
    pattern whose last part has no wildcard also covers everything below the folder of that name. Accented letters are
    the same in both of their spellings (NFC, NFD): a rule typed here must cover the folder that another system made.

    Example:
        >>> matches("legal/2024/nda.md", "legal"), matches("a/b.md", "*.md"), matches("a/b.md", "**/*.md")
        (True, False, True)
    """
    return _compiled(pattern).fullmatch(unicodedata.normalize("NFC", path)) is not None


def check_pattern(pattern: str, setting: str) -> None:
    """Refuse a pattern that can match nothing.

    Raises:
        ConfigError: The pattern is empty, separates folders with backslashes, holds a part such as ``.`` that no path
            has, or a class of characters that is none.
    """
    parts = pattern.strip("/").split("/")
    # "." alone is the home page of a web site.
    nowhere = parts != ["."] and any(part in ("", ".", "..") for part in parts)
    if nowhere or "\\" in pattern or not _compiles(pattern):
        raise ConfigError(f"{setting}: pattern {pattern!r} matches nothing; write one such as 'legal/**' or '**/*.md'")


def _compiles(pattern: str) -> bool:
    try:
        _compiled(pattern)
    except re.error:
        return False
    return True


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    *folders, last = unicodedata.normalize("NFC", pattern).strip("/").split("/")
    expression = "".join("(?:[^/]+/)*" if folder == "**" else _segment(folder) + "/" for folder in folders)
    if last == "**":
        return re.compile(expression + ".+", re.DOTALL)
    below = "" if _WILDCARD.search(last) else "(?:/.+)?"
    return re.compile(expression + _segment(last) + below, re.DOTALL)


def _segment(segment: str) -> str:
    expression, position = "", 0
    for wildcard in _WILDCARD.finditer(segment):
        expression += re.escape(segment[position : wildcard.start()]) + _wildcard(wildcard.group())
        position = wildcard.end()
    return expression + re.escape(segment[position:])


def _wildcard(token: str) -> str:
    if token.startswith("*"):
        return "[^/]*"
    if token == "?":
        return "[^/]"
    negated = token.startswith("[!")
    members = re.sub(r"([\\^\[&~|])", r"\\\1", token[2:-1] if negated else token[1:-1])
    return f"(?!/)[{'^' if negated else ''}{members}]"
