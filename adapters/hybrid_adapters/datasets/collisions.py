"""Rows that repeat or contradict each other, or that give away what is asked in a check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hybrid.contract import Contract
from hybrid_adapters.datasets.findings import Finding, finding
from hybrid_adapters.datasets.labels import OTHER_WORDS, Label, label_of
from hybrid_adapters.datasets.likeness import Embed, Likeness, Questions, alike, alike_between
from hybrid_adapters.datasets.records import Record

_FAMILY = 2
_SURE = 0.97
_SAME_ANSWER = 0.85


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A question that no row may repeat."""

    name: str
    """What it is called in reports."""

    text: str
    """The question."""


def collisions(
    records: Sequence[Record], questions: Questions, contract: Contract[Any] | None, embed: Embed
) -> Iterator[Finding]:
    """Yield duplicates and conflicts; the later row of a pair is the one that is named.

    Rows are compared that the same principal asks: another one may rightly get another answer.

    Args:
        records: The rows.
        questions: Theirs, in the same order.
        contract: Tells what is chosen in a reply from the words around it.
        embed: Makes vectors.
    """
    labels = [label_of(record, contract) for record in records]
    pairs = [
        (pair, _contradiction(records, labels, pair, embed))
        for pair in alike(questions, embed)
        if records[pair.first].asker == records[pair.second].asker
    ]
    families = Counter(place for pair, why in pairs if why and pair.replaced for place in (pair.first, pair.second))
    duplicates = _Groups()
    for pair, why in pairs:
        if why and pair.replaced and _of_a_family(pair, families):
            continue
        # Of rows that all repeat each other each is named once.
        if why or duplicates.joined(pair.first, pair.second):
            yield _collision(records[pair.first], records[pair.second], pair, why)


def leaks(records: Sequence[Record], questions: Questions, kept: Sequence[Kept], embed: Embed) -> Iterator[Finding]:
    """Yield rows that ask what is kept for a check: whoever trains on them measures memory.

    Args:
        records: The rows.
        questions: Theirs, in the same order.
        kept: Golden questions and those of held-out rows.
        embed: Makes vectors.
    """
    found = alike_between(questions, Questions([each.text for each in kept], embed), embed)
    nearest: dict[int, Likeness] = {}
    for pair in found:
        if pair.first not in nearest or pair.cosine > nearest[pair.first].cosine:
            nearest[pair.first] = pair
    for place, pair in sorted(nearest.items()):
        other = kept[pair.second].name
        reason = f"asks what {other} asks (likeness {pair.cosine:.2f}); take one of them away"
        yield finding("leak", records[place], reason, other)


def _contradiction(records: Sequence[Record], labels: Sequence[Label], pair: Likeness, embed: Embed) -> str:
    """Return how the answers of a pair contradict each other, or nothing; texts may say the same in other words."""
    why = labels[pair.second].why_not(labels[pair.first])
    if why != OTHER_WORDS:
        return why
    first, second = embed([records[pair.first].reply_text, records[pair.second].reply_text])
    return "" if float(first @ second) >= _SAME_ANSWER else why


class _Groups:
    """Rows that repeat each other."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def joined(self, first: int, second: int) -> bool:
        """Put two rows into one group; False where they were in one already."""
        one, other = self._root(first), self._root(second)
        self._above[other] = one
        return one != other

    def _root(self, row: int) -> int:
        while (parent := self._above.setdefault(row, row)) != row:
            row = parent
        return row


def _of_a_family(pair: Likeness, families: Counter[int]) -> bool:
    """Whether a pair is of many that differ in one word: questions of one kind about different things."""
    return pair.cosine < _SURE and max(families[pair.first], families[pair.second]) >= _FAMILY


def _collision(first: Record, second: Record, pair: Likeness, why: str) -> Finding:
    if not why:
        reason = f"asks what {first.id!r} asks, with the same answer (likeness {pair.cosine:.2f})"
        return finding("duplicate", second, reason, first.id)
    eras = {first.row.era, second.row.era}
    hint = "keep those of one era" if len(eras) > 1 else "decide which is right"
    reason = f"asks what {first.id!r} asks and answers otherwise: {why} (likeness {pair.cosine:.2f}); {hint}"
    return finding("conflict", second, reason, first.id)
