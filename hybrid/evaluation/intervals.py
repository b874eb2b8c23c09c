"""How far a figure measured on a sample of questions can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2_000
SEED = 20
_Z = 1.959964  # two-sided 95 % of the standard normal distribution


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    """Lower end."""

    high: float
    """Upper end."""


def bootstrap_intervals(
    columns: Mapping[str, Sequence[float]], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Mapping[str, Interval]:
    """Return a percentile bootstrap interval of the mean of each column (Efron 1979).

    The columns hold one score per question in the same order and are resampled together, so that the intervals of
    several metrics refer to the same imagined samples of questions.
    """
    scores = np.array(list(columns.values()), dtype=np.float64).T
    generator = np.random.default_rng(seed)
    count = len(scores)
    means = np.array([scores[generator.integers(count, size=count)].mean(axis=0) for _ in range(resamples)])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, (tail, 1 - tail), axis=0)
    return {name: Interval(low=float(low[i]), high=float(high[i])) for i, name in enumerate(columns)}


def wilson_interval(hits: int, trials: int) -> Interval:
    """Return Wilson's score interval of a rate (1927), which stays honest at 0 and 1 where a bootstrap has no width."""
    rate = hits / trials
    shrink = 1 + _Z**2 / trials
    centre = (rate + _Z**2 / (2 * trials)) / shrink
    spread = _Z * sqrt(rate * (1 - rate) / trials + _Z**2 / (4 * trials**2)) / shrink
    return Interval(low=max(0.0, centre - spread), high=min(1.0, centre + spread))
