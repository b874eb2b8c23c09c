"""Which units must go so that a question has no answer left in its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.evidence.selection import Kept
from hybrid.evidence.words import words
from hybrid.types import Evidence

# A unit that shares this part of an answer's content words is taken for the same answer in other words.
_SAME = 0.6


def without(answers: Sequence[Evidence]) -> Kept:
    """Return a function that says of a unit whether it may stay when the answers are taken away.

    Gone are the answers, what overlaps them in their documents, and what holds most of their words elsewhere.

    Args:
        answers: The units that answer.
    """
    told = [words(answer.text) for answer in answers]

    def kept(unit: Evidence) -> bool:
        held = words(unit.text)
        return not any(
            _overlap(unit, answer) or len(said & held) >= _SAME * max(1, len(said))
            for answer, said in zip(answers, told, strict=True)
        )

    return kept


def _overlap(one: Evidence, other: Evidence) -> bool:
    same = one.passage.document_id == other.passage.document_id
    return same and one.start < other.end and other.start < one.end
