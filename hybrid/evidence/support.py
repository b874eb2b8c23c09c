"""How likely it is that the evidence answers a question: a small logistic function of two signs.

Each sign is the best that any unit or document has to say, so that a further text can add support and never take it
away: how far the best passage is ahead of others would, because whoever may write a page could bring others near.

The weights come from ``benchmarks/fit_support.py``, fitted on public question sets and never on the sample's golden
questions; what else was tried, and what all of it is worth, is in docs/decisions/0003-refusal.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.evidence.scoring import ScoredUnit
from hybrid.types import Passage


@dataclass(frozen=True, kw_only=True)
class SupportWeights:
    """What each sign weighs in the logistic function."""

    bias: float
    """Added to everything."""

    best: float
    """Weight of the best unit."""

    known: float
    """Weight of the share of known words."""


_WITHOUT_RANKER = SupportWeights(bias=-8.23, best=5.52, known=5.52)
_WITH_RANKER = SupportWeights(bias=-6.46, best=4.29, known=4.92)


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What speaks for an answer being there."""

    cosine: float
    """Similarity of the question to the closest unit, in [-1, 1]."""

    answering: float | None
    """The best unit's chance of answering times the root of its similarity, in [0, 1]; None without a ranker."""

    known: float
    """Share of the question's words that any readable document holds; 1 where the search does not count them."""


def signs_of(scored: Sequence[ScoredUnit], passages: Sequence[Passage]) -> Signs:
    """Return the signs for one question; there must be at least one unit."""
    known = passages[0].scores.known
    return Signs(
        cosine=max(unit.cosine for unit in scored),
        answering=max(
            (_answering(unit.cosine, unit.answers) for unit in scored if unit.answers is not None), default=None
        ),
        known=1.0 if known is None else known,
    )


def support_of(scored: Sequence[ScoredUnit], passages: Sequence[Passage]) -> float:
    """Return how likely it is that the evidence answers the question, in [0, 1]; 0 without any.

    Args:
        scored: The units of the passages.
        passages: What the search returned, best first.
    """
    if not scored:
        return 0.0
    signs = signs_of(scored, passages)
    best, weights = (signs.cosine, _WITHOUT_RANKER) if signs.answering is None else (signs.answering, _WITH_RANKER)
    return _logistic(weights.bias + weights.best * best + weights.known * signs.known)


def _answering(cosine: float, answers: float) -> float:
    return math.sqrt(max(cosine, 0.0)) * _logistic(answers)


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))
