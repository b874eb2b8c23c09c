"""Find texts in a document again, in their order, where some may overlap and some may occur more than once."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOT_BLANK = re.compile(r"\S|\Z")


def locate(pieces: Sequence[str], text: str) -> list[int] | int:
    """Return the start of each piece, ascending; or the position of the first piece that is not in the text there.

    Taking the first occurrence of each would drift to the front where a text repeats itself. So the earliest and the
    latest possible start of every piece are found first; between them, the one next to the end of the piece before.
    """
    earliest: list[int] = []
    for number, piece in enumerate(pieces):
        start = text.find(piece, earliest[-1] + 1 if earliest else 0)
        if start < 0:
            return number
        earliest.append(start)
    latest = _latest(pieces, text)
    starts: list[int] = []
    end = 0
    for piece, first, last in zip(pieces, earliest, latest, strict=True):
        first = max(first, starts[-1] + 1 if starts else 0)
        starts.append(_nearest(piece, text, first, last, end))
        end = starts[-1] + len(piece)
    return starts


def _latest(pieces: Sequence[str], text: str) -> list[int]:
    starts: list[int] = []
    for piece in reversed(pieces):
        before = starts[-1] - 1 + len(piece) if starts else len(text)
        starts.append(text.rfind(piece, 0, before))
    return starts[::-1]


def _nearest(piece: str, text: str, first: int, last: int, end: int) -> int:
    """Return the last occurrence up to where text goes on after ``end``, else the first one; both within bounds."""
    onward = min(last, _next_character(text, end))
    start = text.rfind(piece, first, onward + len(piece))
    return start if start >= 0 else text.find(piece, first, last + len(piece))


def _next_character(text: str, offset: int) -> int:
    found = _NOT_BLANK.search(text, offset)
    return found.start() if found else offset
