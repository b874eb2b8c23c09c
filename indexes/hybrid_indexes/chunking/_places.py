"""Where an offset is: on which line of the original file, on which page."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from hybrid.types import Document

_NEWLINE = re.compile("\n")


class Places:
    """Lines and pages of one document."""

    def __init__(self, document: Document) -> None:
        self._newlines = [match.start() for match in _NEWLINE.finditer(document.text)]
        self._first_line = document.first_line
        self._page_starts = document.page_starts

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """Return first and last line of a span that does not end in blanks."""
        first, last = (self._first_line + bisect_left(self._newlines, offset) for offset in (start, end))
        return first, last

    def pages(self, start: int, end: int) -> tuple[int, int] | None:
        """Return first and last page of a span; None where the document has no pages."""
        if not self._page_starts:
            return None
        first, last = (max(1, bisect_right(self._page_starts, offset)) for offset in (start, end - 1))
        return first, last
