"""A text's lines put together to blocks: paragraphs, list items, table rows, code.

Lighter than a Markdown parser and indifferent to the format, because what is read here is a passage of any document:
it may begin in the middle of a list, and what comes from a PDF or a spreadsheet is only similar to Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "prose", "item", "head", "row", "code"]
"""``head`` is the row above a table's rule, ``row`` any other line of columns."""

_LineKind = Literal["heading", "prose", "item", "head", "row", "code", "blank", "more"]

_FENCE = re.compile(r"(`{3,}|~{3,})[^`~]*")
_HEADING = re.compile(r"#{1,6}[ \t]")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,9}[.)])[ \t]")
_RULE = re.compile(r"[ \t|:\-=+_*~^]+")
_UNDERLINE = re.compile(r"([=\-~^\"'*+#])\1{2,}")
_COLUMNS = re.compile(r"[^ \t](?: {3,}|\t+)[^ \t]")


@dataclass(frozen=True, kw_only=True)
class Block:
    """Neighbouring lines that belong together: ``text[start:end]``."""

    kind: BlockKind
    """What they are."""

    start: int
    """First offset."""

    end: int
    """Offset after the last character."""


def blocks(text: str) -> Iterator[Block]:
    r"""Yield the blocks of a text in order, without blank lines and rules; takes linear time.

    Example:
        >>> [block.kind for block in blocks("# Fees\n\nPer month:\n\n| Plan | Fee |\n|---|---|\n| Paddle | 39 |\n")]
        ['heading', 'prose', 'head', 'row']
    """
    lines = text.split("\n")
    kind: BlockKind | None = None
    begin = position = 0
    for line, found in zip(lines, _kinds([line.strip() for line in lines]), strict=True):
        if found != "more":
            if kind is not None:
                yield Block(kind=kind, start=begin, end=position)
            kind = None if found == "blank" else found
            begin = position
        position += len(line) + 1
    if kind is not None:
        yield Block(kind=kind, start=begin, end=len(text))


def _kinds(lines: Sequence[str]) -> list[_LineKind]:
    """Return each stripped line's kind; ``more`` goes on with what the line before belongs to."""
    last = {line: place for place, line in enumerate(lines)}
    kinds: list[_LineKind] = []
    paragraph = False
    fence: str | None = None
    for place, line in enumerate(lines):
        if fence is not None:
            kinds.append("more")
            fence = None if line == fence else fence
            continue
        fence = _opened(line, place, last, paragraph=paragraph)
        following = lines[place + 1] if place + 1 < len(lines) else ""
        kinds.append("code" if fence else _kind(line, following, paragraph=paragraph))
        paragraph = kinds[-1] in ("prose", "item", "more")
    return kinds


def _opened(line: str, place: int, last: Mapping[str, int], *, paragraph: bool) -> str | None:
    """Return the fence that this line opens; one that is never closed was cut off from its code, and opens nothing."""
    found = _FENCE.fullmatch(line)
    # Below a line of text tildes are the underline of a reStructuredText heading.
    if found is None or (paragraph and line.startswith("~")):
        return None
    return found[1] if last.get(found[1], -1) > place else None


def _kind(line: str, following: str, *, paragraph: bool) -> _LineKind:
    if not line or _RULE.fullmatch(line) or _FENCE.fullmatch(line):
        return "blank"
    if line.startswith("|"):
        return "head" if "-" in following and _RULE.fullmatch(following) else "row"
    if _HEADING.match(line) or (not paragraph and _UNDERLINE.fullmatch(following)):
        return "heading"
    if _COLUMNS.search(line):
        return "row"
    if _ITEM.match(line):
        return "item"
    return "more" if paragraph else "prose"
