"""From passages to numbered evidence: sentences, list items, table rows and code blocks with exact spans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hybrid.types import Evidence, Passage

_FENCE = re.compile(r"^(?P<mark>`{3,}|~{3,}).*?^(?P=mark)[^\n]*(?:\n|\Z)", re.MULTILINE | re.DOTALL)
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_RULE = re.compile(r"^[ \t|:\-=+_*]+$")
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]")
# A full stop ends a sentence before a blank and a capital, a digit, a quote or a bracket; not after an abbreviation.
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]*_]*\s+(?=[\"'“‘(\[*_`]*[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|nr|mr|mrs|ms|dr|st|fig|inc|ltd|co)|\b[A-Z])\.$", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A unit of evidence within a text: ``text[start:end]``."""

    start: int
    """First offset."""

    end: int
    """Offset after the last character."""


def split_units(text: str) -> list[Span]:
    r"""Return the sentences, list items, table rows and code blocks of a text, in order; headings are left out.

    Example:
        >>> text = "Pay by card. Refunds take 5 days.\n- Bring the receipt"
        >>> [text[unit.start:unit.end] for unit in split_units(text)]
        ['Pay by card.', 'Refunds take 5 days.', '- Bring the receipt']
    """
    units: list[Span] = []
    position = 0
    for fence in _FENCE.finditer(text):
        units.extend(_prose(text, position, fence.start()))
        units.extend(_trimmed(text, fence.start(), fence.end()))
        position = fence.end()
    units.extend(_prose(text, position, len(text)))
    return units


def number_evidence(passages: Sequence[Passage]) -> list[Evidence]:
    """Return every unit of the passages as ``E1``, ``E2``, ..., each stretch of a document once."""
    seen: set[tuple[str, int, int]] = set()
    numbered: list[Evidence] = []
    for passage in passages:
        for unit in split_units(passage.text):
            start, end = passage.start + unit.start, passage.start + unit.end
            if (passage.document_id, start, end) in seen:
                continue
            seen.add((passage.document_id, start, end))
            numbered.append(_evidence(f"E{len(numbered) + 1}", passage, unit))
    return numbered


def _evidence(id_: str, passage: Passage, unit: Span) -> Evidence:
    first = passage.lines[0] + passage.text.count("\n", 0, unit.start)
    text = passage.text[unit.start : unit.end]
    return Evidence(
        id=id_,
        passage=passage,
        text=text,
        start=passage.start + unit.start,
        end=passage.start + unit.end,
        lines=(first, first + text.count("\n")),
        page=passage.pages[0] if passage.pages else None,
    )


def _prose(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield units of a stretch without code blocks: table rows alone, items and paragraphs by sentence."""
    paragraph = position = start
    while position < end:
        newline = text.find("\n", position, end)
        after = end if newline < 0 else newline + 1
        kind = _kind(text[position:after])
        if kind != "prose":
            yield from _sentences(text, paragraph, position)
            paragraph = position if kind == "item" else after
        if kind == "row":
            yield from _trimmed(text, position, after)
        position = after
    yield from _sentences(text, paragraph, end)


def _kind(line: str) -> Literal["prose", "item", "row", "nothing"]:
    if not line.strip() or _HEADING.match(line) or _RULE.match(line.strip()):
        return "nothing"
    if line.lstrip().startswith("|"):
        return "row"
    return "item" if _ITEM.match(line) else "prose"


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for gap in _SENTENCE_END.finditer(text, start, end):
        if not _ABBREVIATION.search(text, max(begin, gap.start() - 12), gap.start()):
            yield from _trimmed(text, begin, gap.end())
            begin = gap.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    if piece.strip():
        first = start + len(piece) - len(piece.lstrip())
        yield Span(start=first, end=first + len(piece.strip()))
