"""Units of evidence as a reader of the page sees them: nobody is to be answered from a comment or a hidden element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hybrid.evidence.numbering import number_evidence
from hybrid.evidence.reading import plain
from hybrid.evidence.visible import hidden_spans
from hybrid.types import Evidence, Passage

Span = tuple[int, int]


def shown_units(passages: Sequence[Passage]) -> list[Evidence]:
    """Return the units of the passages without hidden text at their ends.

    Those with hidden text inside, and those of which plain text shows nothing at all, are left out.
    """
    return [unit for unit in _shown(passages) if plain(unit.text)]


def _shown(passages: Sequence[Passage]) -> Iterator[Evidence]:
    hidden = {(passage.document_id, passage.start): hidden_spans(passage.text) for passage in passages}
    for unit in number_evidence(passages):
        spans = hidden[unit.passage.document_id, unit.passage.start]
        if not spans or unit.text.startswith(("```", "~~~")):
            yield unit
        elif shown := _uncovered((unit.start - unit.passage.start, unit.end - unit.passage.start), spans):
            yield _cut(unit, shown)


def _uncovered(unit: Span, spans: Sequence[Span]) -> Span | None:
    start, end = unit
    for first, last in spans:
        if first <= start < last:
            start = last
        elif first < end <= last:
            end = first
        elif start < first and last < end:
            return None
    return (start, end) if start < end else None


def _cut(unit: Evidence, shown: Span) -> Evidence:
    passage = unit.passage
    text = passage.text[shown[0] : shown[1]]
    start = shown[0] + len(text) - len(text.lstrip())
    text = text.strip()
    first = passage.lines[0] + passage.text.count("\n", 0, start)
    return replace(
        unit,
        text=text,
        start=passage.start + start,
        end=passage.start + start + len(text),
        lines=(first, first + text.count("\n")),
    )
