"""Blocks of plain text and reStructuredText: groups of lines between blank ones, underlined headings, indented text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from hybrid_indexes.chunking._blocks import Block

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_RULE = re.compile(r"([-=`:'\"~^_*+#<>.])\1{2,}\s*")
_ITEM = re.compile(r"^(?:[-*+•]|\(?(?:\d{1,3}|[a-zA-Z#])[.)])[ \t]+\S", re.MULTILINE)
_TABLE = re.compile(r"(?:[ \t]*[|+][^\n]*(?:\n|\Z)){2,}")


def plain_blocks(text: str) -> list[Block]:
    """Return the blocks of a text; together they are all of it."""
    blocks = _attached(text, [block for span in _groups(text) for block in _group(text, *span)])
    ends = [*(block.start for block in blocks), len(text)][1:]
    styles: list[str] = []
    return [_with_level(replace(block, end=end), text, styles) for block, end in zip(blocks, ends, strict=True)]


def _groups(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of lines that no blank line separates."""
    start = end = 0
    for line in _LINE.finditer(text):
        if not line.group().isspace():
            end = line.end()
            continue
        if start < end:
            yield start, end
        start = end = line.end()
    if start < end:
        yield start, end


def _group(text: str, start: int, end: int) -> Iterator[Block]:
    """Yield the heading that a group of lines begins with, if any, and the rest."""
    lines = [match.group() for _, match in zip(range(3), _LINE.finditer(text, start, end), strict=False)]
    if lead := _heading_lines(lines):
        title = lines[lead - 2]
        yield Block("heading", start, start + sum(map(len, lines[:lead])), title=" ".join(title.split()))
        start += sum(map(len, lines[:lead]))
    if start < end:
        yield _leaf(text, start, end)


def _heading_lines(lines: list[str]) -> int:
    """Return how many lines a heading takes (a title, its underline, perhaps a line above); 0 if there is none."""
    for lead in (2, 3):
        if len(lines) >= lead and _RULE.fullmatch(lines[lead - 1]):
            title, under = lines[lead - 2].strip(), lines[lead - 1].strip()
            framed = lead == 2 or lines[0].strip() == under
            if framed and len(under) >= len(title) and any(map(str.isalnum, title)):
                return lead
    return 0


def _leaf(text: str, start: int, end: int) -> Block:
    if text[start] in " \t":
        return Block("code", start, end)
    if _TABLE.fullmatch(text, start, end):
        return Block("table", start, end)
    items = [match.start() for match in _ITEM.finditer(text, start, end)]
    if len(items) < 2:
        return Block("prose", start, end)
    begins = list(dict.fromkeys([start, *items]))
    parts = zip(begins, [*begins[1:], end], strict=True)
    return Block("prose", start, end, children=tuple(Block("prose", *part) for part in parts))


def _attached(text: str, blocks: list[Block]) -> list[Block]:
    """Make indented text a part of what it is indented under: a list item, a directive, a paragraph."""
    attached: list[Block] = []
    for block in blocks:
        before = attached[-1] if attached else None
        if before is None or block.kind != "code" or before.kind == "heading":
            attached.append(block)
        elif before.kind == "code":
            attached[-1] = replace(before, end=block.end)
        else:
            attached[-1] = _under(before, block)
    return attached


def _under(before: Block, indented: Block) -> Block:
    parts = before.children or (before,)
    last = replace(parts[-1], end=indented.start)
    tail = (replace(last, end=indented.end),) if last.kind == "code" else (last, indented)
    return Block("prose", before.start, indented.end, children=(*parts[:-1], *tail))


def _with_level(block: Block, text: str, styles: list[str]) -> Block:
    """Number the styles of underlines in the order in which they come up, as docutils does."""
    if block.kind != "heading":
        return block
    lines = text[block.start : block.end].split("\n")
    framed = bool(_RULE.fullmatch(lines[0]))
    style = lines[2 if framed else 1][:1] * (1 + framed)
    if style not in styles:
        styles.append(style)
    return replace(block, level=styles.index(style) + 1)
