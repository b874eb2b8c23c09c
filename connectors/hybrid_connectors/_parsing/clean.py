"""Text of parsers, made safe to store."""

from __future__ import annotations

import re

from hybrid.errors import TooLargeError
from hybrid_connectors._text import canonical

_MAX_CELLS = 2_000_000
_INVISIBLE = re.compile("[\0\u00ad\u200b\u2060-\u2064\ufeff\ud800-\udfff\U000e0000-\U000e007f]")


def clean(text: str) -> str:
    """Return the text without what no reader sees (zero-width characters, soft hyphens) or no file can store."""
    return _INVISIBLE.sub("", canonical(text))


def table(rows: list[list[str]]) -> str:
    """Return the rows as a Markdown table, the first row as its head; rows without content are left out.

    Raises:
        TooLargeError: A few far cells would stretch it to millions.
    """
    kept = [[_cell(cell) for cell in row] for row in rows]
    kept = [row for row in kept if any(row)]
    width = max((index + 1 for row in kept for index, cell in enumerate(row) if cell), default=0)
    if width * len(kept) > _MAX_CELLS:
        raise TooLargeError(f"holds a table of {width:,} by {len(kept):,} cells, the limit is {_MAX_CELLS:,}; split it")
    lines = ["| " + " | ".join((row + [""] * width)[:width]) + " |" for row in kept]
    return "\n".join([*lines[:1], "|" + " --- |" * width, *lines[1:]]) if lines else ""


def _cell(text: str) -> str:
    return " ".join(clean(text).split()).replace("|", "\\|")
