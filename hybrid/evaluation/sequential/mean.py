"""Intervals of a mean that hold at all looks together, however often somebody looks and whatever makes them stop.

Each candidate mean is bet against: a player stakes a fraction of her wealth on every observation, and if the candidate
is true her wealth is a fair game's. That it ever reaches ``2 / alpha`` then has a probability of at most ``alpha / 2``
(Ville 1939), so the candidates against which nobody got that rich are an interval that holds at all times at once.

The game is the hedged capital of Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting"
(2023, Journal of the Royal Statistical Society B 86). The wealth is split evenly between constant fractions, as in
the method of mixtures (Robbins 1970), which needs no tuning to the size of an effect. It assumes nothing but bounds,
and that each observation's mean, given those before, is the same. Wealth falls in the candidate, so the ends of the
interval are found by bisection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid.evaluation.intervals import Interval

Floats = NDArray[np.floating[Any]]

ALPHA = 0.05
"""Probability that an interval is ever wrong."""

# From stakes that settle large effects to those that find small ones; below 1, so that nobody loses everything at once.
_FRACTIONS = 0.9 * 2.0 ** -np.arange(10)
_PRECISION = 1e-5


def mean_intervals(
    values: Floats, looks: Sequence[int], *, low: float = 0.0, high: float = 1.0, alpha: float = ALPHA
) -> list[Interval]:
    """Return the interval of the mean at each look; no later one is wider.

    Where the mean moved while it was observed, no value may be left: then ``low`` is above ``high``.

    Args:
        values: Observations between ``low`` and ``high``, in the order in which they came.
        looks: Numbers of observations, ascending, after which somebody looks.
        low: Least value an observation can take.
        high: Greatest value.
        alpha: Probability with which any of all intervals may miss the mean.

    Example:
        >>> interval = mean_intervals(np.tile([0.0, 1.0], 200), [400])[0]
        >>> interval.low < 0.5 < interval.high
        True
    """
    unit = (np.asarray(values, dtype=np.float64) - low) / (high - low)
    if unit.size and not (unit.min() >= -1e-9 and unit.max() <= 1 + 1e-9):
        raise ValueError(f"observations must lie between {low} and {high}")
    unit = np.clip(unit, 0.0, 1.0)
    below = _lower_ends(unit, looks, alpha)
    above = _lower_ends(1.0 - unit, looks, alpha)
    scale = high - low
    return [
        Interval(low=low + scale * one, high=low + scale * (1.0 - other))
        for one, other in zip(below, above, strict=True)
    ]


def _lower_ends(unit: Floats, looks: Sequence[int], alpha: float) -> list[float]:
    limit = np.log(2.0 / alpha)
    end, ends = 0.0, list[float]()
    for look in looks:
        seen = unit[:look]
        # At the sample's own mean nobody has won anything, so the end lies below it.
        if look and seen.mean() > end and _log_wealth(seen, end) >= limit:
            end = _crossing(seen, end, float(seen.mean()), limit)
        ends.append(end)
    return ends


def _crossing(seen: Floats, rejected: float, kept: float, limit: float) -> float:
    while kept - rejected > _PRECISION:
        middle = (rejected + kept) / 2
        if _log_wealth(seen, middle) >= limit:
            rejected = middle
        else:
            kept = middle
    return rejected


def _log_wealth(seen: Floats, candidate: float) -> float:
    """Return the logarithm of what one unit of money has become that was bet on the mean being above ``candidate``.

    Who stakes a fraction on ``y / candidate`` gets it back that many times: fair where the candidate is the mean, since
    nothing observed is negative.
    """
    if candidate <= 0.0:
        return np.inf if seen.any() else 0.0
    logs = np.log1p(_FRACTIONS[:, None] * (seen / candidate - 1.0)[None, :]).sum(axis=1)
    return float(np.logaddexp.reduce(logs) - np.log(len(_FRACTIONS)))
