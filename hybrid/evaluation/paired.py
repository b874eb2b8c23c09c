"""Whether one thing is better than another on the same rows: paired bootstrap intervals and an exact kind of test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hybrid.evaluation.intervals import CONFIDENCE, RESAMPLES, SEED, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    """``(resamples, rows)``."""

_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Gain:
    """By how much one thing is better than another."""

    mean: float
    """Mean difference over the rows."""

    interval: Interval
    """95 % paired bootstrap interval of the mean difference."""

    chance: float
    """One-sided p-value of the sign-flip test: how often differences of random sign have this mean or a larger one."""

    @property
    def is_clear(self) -> bool:
        """Whether interval and test both say that there is a gain at all."""
        return self.interval.low > _ROUNDING and self.chance <= 1 - CONFIDENCE


def paired_gain(one: Sequence[float], other: Sequence[float]) -> Gain:
    """Return by how much the scores of one thing exceed those of another.

    The interval is the percentile bootstrap over rows (Efron 1979). Where few rows differ it is too narrow, so that a
    sign-flip test (Fisher 1935), which needs no large sample, is asked too.

    Args:
        one: A score for each row.
        other: Scores of the same rows in the same order.

    Example:
        >>> gain = paired_gain([1.0] * 30 + [0.0] * 10, [0.0] * 40)
        >>> gain.mean, gain.is_clear
        (0.75, True)
    """
    differences = np.asarray(one, dtype=np.float32) - np.asarray(other, dtype=np.float32)
    count = len(differences)
    means = _drawn(count) @ differences / count
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, (tail, 1 - tail))
    total = float(differences.sum())
    reached = int((_signs(count) @ differences >= total - _ROUNDING * count).sum())
    return Gain(
        mean=total / count,
        interval=Interval(low=float(low), high=float(high)),
        chance=(1 + reached) / (1 + RESAMPLES),
    )


@lru_cache(maxsize=4)
def _drawn(count: int) -> Matrix:
    """Return how often each row is drawn in each resample."""
    draws = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return draws.astype(np.float32)


@lru_cache(maxsize=4)
def _signs(count: int) -> Matrix:
    return np.random.default_rng(SEED + 1).choice(np.array([-1, 1], dtype=np.float32), size=(RESAMPLES, count))
