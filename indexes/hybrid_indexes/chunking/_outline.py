"""Which headings are above an offset."""

from __future__ import annotations

from bisect import bisect_right

from hybrid_indexes.chunking._blocks import Block
from hybrid_indexes.chunking._cut import Cutter


class Outline:
    """The headings of one text."""

    def __init__(self, blocks: list[Block], cutter: Cutter) -> None:
        self._starts: list[int] = []
        self._paths: list[tuple[str, ...]] = []
        above: list[tuple[int, str]] = []
        for heading in cutter.atoms(block for block in blocks if block.kind == "heading"):
            if heading.level:
                above = [(level, title) for level, title in above if level < heading.level]
                above.append((heading.level, heading.title))
                self._starts.append(heading.start)
                self._paths.append(tuple(title for _, title in above if title))

    def path(self, offset: int) -> tuple[str, ...]:
        """Return the titles above an offset, outermost first; a heading is above its own first character."""
        position = bisect_right(self._starts, offset)
        return self._paths[position - 1] if position else ()
