"""Blocks of Markdown, with the lines that markdown-it-py reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from hybrid_indexes.chunking._blocks import Block, Kind
from hybrid_indexes.chunking._clean import heading_title

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LONGEST_HEADING = 1000
_LINE_END = re.compile(r"\r\n|\n|\r")
_KINDS: dict[str, Kind] = {"heading_open": "heading", "table_open": "table", "fence": "code", "code_block": "code"}
_CONTAINERS = {"bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open"}


def markdown_blocks(text: str) -> list[Block]:
    """Return the blocks of a Markdown text; together they are all of it."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    tokens = _parser().parse(text)
    return _tile(tokens, starts, 0, len(text)) or [Block("prose", 0, len(text))]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    # Definitions of link targets would leave no token behind, and with it no lines.
    parser.disable("reference")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _tile(tokens: Sequence[Token], starts: Sequence[int], start: int, end: int) -> list[Block]:
    """Return the outermost blocks of a run of tokens; each ends where the next one begins."""
    if not (spans := _outermost(tokens)):
        return []
    begins = [start, *(starts[_first_line(tokens[first])] for first, _ in spans[1:])]
    ends = [*begins[1:], end]
    return [
        _block(tokens[first : last + 1], starts, *place)
        for (first, last), *place in zip(spans, begins, ends, strict=True)
    ]


def _outermost(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Return first and last index of each block that is not inside another one of the run."""
    spans: list[tuple[int, int]] = []
    depth = first = 0
    for index, token in enumerate(tokens):
        if depth == 0:
            first = index
        depth += token.nesting
        if depth == 0 and token.nesting <= 0 and tokens[first].map is not None:
            spans.append((first, index))
    return spans


def _block(tokens: Sequence[Token], starts: Sequence[int], start: int, end: int) -> Block:
    opening = tokens[0]
    if opening.type in _CONTAINERS:
        return Block("prose", start, end, children=tuple(_tile(tokens[1:-1], starts, start, end)))
    kind = _KINDS.get(opening.type, "prose")
    if kind == "heading" and len(tokens[1].content) > _LONGEST_HEADING:
        return Block("prose", start, end)
    if kind == "heading":
        return Block(kind, start, end, level=int(opening.tag[1:]), title=heading_title(tokens[1].content))
    return Block(kind, start, end)


def _first_line(token: Token) -> int:
    return token.map[0] if token.map else 0
