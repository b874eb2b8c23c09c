"""How likely it is that the evidence answers a question: a small logistic function of three or four signs.

The weights come from ``benchmarks/fit_support.py``, fitted on public question sets and never on the sample's golden
questions; what else was tried, and what all of it is worth, is in docs/decisions/0003-refusal.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.evidence.scoring import ScoredUnit, rank_score
from hybrid.types import Passage

_COMPARED = 5
_MOST_LEAD = 4.0


@dataclass(frozen=True, kw_only=True)
class SupportWeights:
    """What each sign weighs in the logistic function."""

    bias: float
    """Added to everything."""

    cosine: float
    """Weight of the closest unit's similarity."""

    lead: float
    """Weight of the best passage's lead."""

    known: float
    """Weight of the share of known words."""

    answers: float = 0.0
    """Weight of the ranker's best score."""


_WITHOUT_RANKER = SupportWeights(bias=-9.9, cosine=5.9, lead=0.4, known=6.0)
_WITH_RANKER = SupportWeights(bias=-9.0, cosine=3.8, lead=0.4, known=6.1, answers=0.33)


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What speaks for an answer being there."""

    cosine: float
    """Similarity of the question to the closest unit, in [-1, 1]."""

    lead: float
    """How far the best passage is ahead of the next ones, in standard deviations summed over the stages; 0 to 4."""

    known: float
    """Share of the question's words that any readable document holds; 1 where the search does not count them."""

    answers: float | None
    """The ranker's best score among the units; None without a ranker."""


def signs_of(scored: Sequence[ScoredUnit], passages: Sequence[Passage]) -> Signs:
    """Return the signs for one question; there must be at least one unit."""
    known = passages[0].scores.known
    return Signs(
        cosine=max(unit.cosine for unit in scored),
        lead=_lead([rank_score(passage) for passage in passages]),
        known=1.0 if known is None else known,
        answers=max((unit.answers for unit in scored if unit.answers is not None), default=None),
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
    answers, weights = (0.0, _WITHOUT_RANKER) if signs.answers is None else (signs.answers, _WITH_RANKER)
    total = (
        weights.bias
        + weights.cosine * signs.cosine
        + weights.lead * signs.lead
        + weights.known * signs.known
        + weights.answers * answers
    )
    return 1.0 / (1.0 + math.exp(-total))


def _lead(ranked: Sequence[float]) -> float:
    best, *others = sorted(ranked, reverse=True)
    compared = others[:_COMPARED]
    # A passage that is alone in its collection has nothing to be ahead of, and nothing comes near it.
    lead = best - math.fsum(compared) / len(compared) if compared else _MOST_LEAD
    return min(lead, _MOST_LEAD)
