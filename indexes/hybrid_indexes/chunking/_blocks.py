"""The blocks that a document is made of: headings, paragraphs, lists, tables, code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "prose", "table", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a document; neighbours touch, so that nothing between them is lost."""

    kind: Kind
    """Decides where it may be cut when it is too large, unless it has children."""

    start: int
    """Offset of its first line."""

    end: int
    """Offset at which the next block begins."""

    level: int = 0
    """Of a heading: 1 is the outermost."""

    title: str = ""
    """Of a heading: its text without markup."""

    children: tuple[Block, ...] = ()
    """What a list, an item or a quotation is made of, in order and without gaps; cut between them first."""
