"""How well each unit of evidence answers a question, compared with the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import TYPE_CHECKING

from hybrid.evidence.reading import explained, in_context
from hybrid.evidence.words import coverage, word_weights, words
from hybrid.types import Evidence, Passage

if TYPE_CHECKING:
    from hybrid.protocols import Ranker, Vectors

Embed = Callable[[Sequence[str]], "Vectors"]
"""Turns texts into rows of length one."""

# A passage's own rank counts half as much as meaning or words: docs/decisions/0003-refusal.md.
_PASSAGE_WEIGHT = 0.5
# 1 to 3 differ by less than one question in a hundred: same document.
_RANKER_WEIGHT = 2.0
# As many are embedded; more find no better sentence and take longer.
_EMBEDDED = 24
# As many of them does the ranker read: with fewer than 16 the best sentence changes (docs/decisions/0007-evidence.md).
_READ = 16
_EQUAL = 1e-9


@dataclass(frozen=True, kw_only=True)
class ScoredUnit:
    """A unit with what speaks for it."""

    evidence: Evidence
    """The unit."""

    cosine: float
    """Similarity of meaning to the question, headings included, in [-1, 1]."""

    answers: float | None
    """The ranker's score: above 0 it is likelier to answer than not; None where none has read it."""

    score: float
    """What orders the units; comparable only within one question."""


def score_units(
    question: str, units: Sequence[Evidence], embed: Embed, ranker: Ranker | None = None
) -> list[ScoredUnit]:
    """Return the most promising units, best first, ties in the order given.

    Meaning, words, the passage's rank and the ranker's score are each brought to mean 0 and variance 1 over the units
    and added. Only the units whose words and passages promise most are embedded; of these, the ranker reads those that
    promise most with their meaning included. A unit that it does not read counts as its worst one.
    """
    if not units:
        return []
    held = [words(explained(unit)) for unit in units]
    weights = word_weights(words(question), held)
    cheap = _promise([coverage(each, weights) for each in held], units)
    kept = sorted(sorted(range(len(units)), key=lambda i: -cheap[i])[:_EMBEDDED])
    texts = [in_context(units[i]) for i in kept]
    vectors = embed([question, *texts])
    cosines: list[float] = (vectors[1:] @ vectors[0]).tolist()
    words_and_rank = _promise([coverage(held[i], weights) for i in kept], [units[i] for i in kept])
    scores = [a + b for a, b in zip(_standardised(cosines), words_and_rank, strict=True)]
    answers: list[float | None] = [None] * len(kept)
    if ranker is not None:
        read = _to_read(scores, [units[i].passage for i in kept])
        found: list[float] = ranker.scores(question, [texts[place] for place in read]).tolist()
        for place, answer in zip(read, found, strict=True):
            answers[place] = answer
        scores = with_answers(scores, answers)
    scored = [
        ScoredUnit(evidence=units[i], cosine=cosine, answers=answer, score=score)
        for i, cosine, answer, score in zip(kept, cosines, answers, scores, strict=True)
    ]
    return sorted(scored, key=lambda unit: -unit.score)


def with_answers(scores: Sequence[float], answers: Sequence[float | None]) -> list[float]:
    """Return scores with what a ranker says of each unit added; one that it has not read counts as its worst.

    Args:
        scores: What meaning, words and the passage's rank say, as ``score_units`` gives it without a ranker.
        answers: The ranker's scores; at least one is there.
    """
    worst = min(answer for answer in answers if answer is not None)
    counted = _standardised([worst if answer is None else answer for answer in answers])
    return [score + _RANKER_WEIGHT * z for score, z in zip(scores, counted, strict=True)]


def _to_read(scores: Sequence[float], passages: Sequence[Passage]) -> list[int]:
    """Return the places of the units that the ranker reads: each passage's best one, and then the best of all.

    So nobody can crowd the answer of another page out by writing sentences that promise much.
    """
    best_first = sorted(range(len(scores)), key=lambda place: -scores[place])
    own: dict[tuple[str, int], int] = {}
    for place in best_first:
        own.setdefault((passages[place].document_id, passages[place].start), place)
    return list(dict.fromkeys([*own.values(), *best_first]))[: max(_READ, len(own))]


def rank_score(passage: Passage) -> float:
    """Return the score of the last stage that ranked a passage."""
    return passage.scores.fused if passage.scores.rerank is None else passage.scores.rerank


def _promise(coverages: Sequence[float], units: Sequence[Evidence]) -> list[float]:
    ranks = _standardised([rank_score(unit.passage) for unit in units])
    return [found + _PASSAGE_WEIGHT * rank for found, rank in zip(_standardised(coverages), ranks, strict=True)]


def _standardised(values: Sequence[float]) -> list[float]:
    mean = fsum(values) / len(values)
    deviation = sqrt(fsum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / deviation if deviation > _EQUAL else 0.0 for value in values]
