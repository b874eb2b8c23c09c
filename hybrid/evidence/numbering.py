"""From passages to numbered evidence: sentences, list items, table rows and code blocks with exact spans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hybrid.evidence._blocks import Block, blocks
from hybrid.types import Evidence, Passage

# A full stop ends a sentence before a blank and a capital, a digit, a quote or a bracket; not after an abbreviation.
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]*_]*\s+(?=[\"'“‘(\[*_`]*[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|mr|mrs|ms|dr|st|fig|inc|ltd|co)|\b[A-Z])\.$", re.IGNORECASE
)
_NUMBER_SIGN = re.compile(r"\bn[or]\.$", re.IGNORECASE)
_LONGEST_ABBREVIATION = 12
_LISTED = ("item", "row", "code")


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit of evidence within a text: ``text[start:end]``."""

    start: int
    """First offset."""

    end: int
    """Offset after the last character."""

    context: str = ""
    """What it needs to be understood: the head of its table, or the words that open its list."""


def split_units(text: str) -> list[Unit]:
    r"""Return the sentences, list items, table rows and code blocks of a text, in order; takes linear time.

    Headings, rules and the heads of tables state nothing by themselves and are left out.

    Example:
        >>> text = "Pay by card. Refunds take 5 days.\n- Bring the receipt"
        >>> [text[unit.start:unit.end] for unit in split_units(text)]
        ['Pay by card.', 'Refunds take 5 days.', '- Bring the receipt']
    """
    units: list[Unit] = []
    context, explains = "", _LISTED
    for block in blocks(text):
        if block.kind in ("heading", "head"):
            context = text[block.start : block.end].strip() if block.kind == "head" else ""
            explains = ("row",)
            continue
        spans = [span for piece in _pieces(text, block) if (span := _trimmed(text, *piece))]
        above = context if block.kind in explains else ""
        units.extend(Unit(start=start, end=end, context=above) for start, end in spans)
        if block.kind == "prose" and spans:
            start, end = spans[-1]
            context, explains = text[start:end] if text[end - 1] == ":" else "", _LISTED
    return units


def number_evidence(passages: Sequence[Passage]) -> list[Evidence]:
    """Return every unit of the passages as ``E1``, ``E2``, ..., each stretch of a document once."""
    seen: set[tuple[str, int, int]] = set()
    numbered: list[Evidence] = []
    for passage in passages:
        for unit in split_units(passage.text):
            place = (passage.document_id, passage.start + unit.start, passage.start + unit.end)
            if place not in seen:
                seen.add(place)
                numbered.append(_evidence(f"E{len(numbered) + 1}", passage, unit))
    return numbered


def _evidence(id_: str, passage: Passage, unit: Unit) -> Evidence:
    first = passage.lines[0] + passage.text.count("\n", 0, unit.start)
    text = passage.text[unit.start : unit.end]
    return Evidence(
        id=id_,
        passage=passage,
        text=text,
        context=unit.context,
        start=passage.start + unit.start,
        end=passage.start + unit.end,
        lines=(first, first + text.count("\n")),
        page=passage.pages[0] if passage.pages else None,
    )


def _pieces(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield a row or code block whole, anything else by sentence."""
    begin = block.start
    if block.kind in ("prose", "item"):
        for gap in _SENTENCE_END.finditer(text, block.start, block.end):
            if not _is_abbreviation(text, begin, gap):
                yield begin, gap.end()
                begin = gap.end()
    yield begin, block.end


def _is_abbreviation(text: str, begin: int, gap: re.Match[str]) -> bool:
    first = max(begin, gap.start() - _LONGEST_ABBREVIATION)
    if _NUMBER_SIGN.search(text, first, gap.start()):
        return text[gap.end()].isdigit()
    return bool(_ABBREVIATION.search(text, first, gap.start()))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    return (first, start + len(piece.rstrip())) if piece.strip() else None
