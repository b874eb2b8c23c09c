"""How likely it is that the evidence answers a question: a small logistic function of three things.

The weights come from ``benchmarks/fit_support.py``, fitted on public question sets and never on the sample's golden
questions; what else was tried, and what it is worth, is in docs/decisions/0003-refusal.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.models._units import ScoredUnit, rank_score

_BIAS = -12.4
_COSINE = 6.2
_LEAD = 0.37
_KNOWN = 5.4
# Scores of the last stage outside this range say no more: small collections stay low, however good the best page is.
_LEAST_LEAD, _MOST_LEAD = 8.0, 16.0
_MOST_EXPONENT = 60.0


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What speaks for or against an answer being there."""

    cosine: float
    """Similarity of the question to the closest unit, in [-1, 1]."""

    lead: float
    """How far the best passage stands out from all candidates, in standard deviations summed over the stages."""

    known: float
    """Share of the question's words that any readable document holds."""


def signs_of(scored: Sequence[ScoredUnit]) -> Signs:
    """Return the signs that units of one question give; there must be at least one."""
    passages = [unit.evidence.passage for unit in scored]
    lead = max(rank_score(passage) for passage in passages)
    known = passages[0].scores.known
    return Signs(
        cosine=max(unit.cosine for unit in scored),
        lead=min(max(lead, _LEAST_LEAD), _MOST_LEAD),
        known=1.0 if known is None else known,
    )


def support_of(scored: Sequence[ScoredUnit]) -> float:
    """Return how likely it is that the evidence answers the question, in [0, 1]; 0 without any."""
    if not scored:
        return 0.0
    signs = signs_of(scored)
    logit = _BIAS + _COSINE * signs.cosine + _LEAD * signs.lead + _KNOWN * signs.known
    return 1.0 / (1.0 + math.exp(-min(max(logit, -_MOST_EXPONENT), _MOST_EXPONENT)))
