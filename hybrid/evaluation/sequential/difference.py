"""How far the means of two randomised arms are apart, at every look.

Who is in which arm was drawn with known shares, so each observation, weighted by the inverse of its share, estimates
the difference by itself (Horvitz and Thompson 1952). What earlier observations predict is subtracted first, which
narrows the interval and leaves the estimate unbiased (Robins, Rotnitzky and Zhao 1994), and the mean of these estimates
gets a sequential interval. So nothing is assumed of the two distributions, nor of the number in each arm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid.evaluation.intervals import Interval
from hybrid.evaluation.sequential.mean import ALPHA, Floats, mean_intervals

_PRIOR = 0.5


def difference_intervals(
    values: Floats, treated: NDArray[np.bool_], looks: Sequence[int], *, share: float, alpha: float = ALPHA
) -> list[Interval]:
    """Return the interval of the second arm's mean minus the first's at each look; no later one is wider.

    Args:
        values: One observation between 0 and 1 for each unit that was drawn, in the order in which units came.
        treated: Whether the unit was drawn into the second arm.
        looks: Numbers of units, ascending, after which somebody looks.
        share: Probability with which a unit is drawn into the second arm.
        alpha: Probability with which any of all intervals may miss the difference.

    Example:
        >>> generator = np.random.default_rng(1)
        >>> treated = generator.random(4_000) < 0.5
        >>> values = (generator.random(4_000) < np.where(treated, 0.2, 0.6)).astype(float)
        >>> found = difference_intervals(values, treated, [4_000], share=0.5)[0]
        >>> found.low < -0.4 < found.high < 0
        True
    """
    values = np.asarray(values, dtype=np.float64)
    weights = np.where(treated, 1.0 / share, -1.0 / (1.0 - share))
    estimates = (values - _predicted(values)) * weights
    most = 1.0 / min(share, 1.0 - share)
    found = mean_intervals(estimates, looks, low=-most, high=most, alpha=alpha)
    return [Interval(low=max(-1.0, each.low), high=min(1.0, each.high)) for each in found]


def _predicted(values: Floats) -> Floats:
    """Return for each unit the mean of those before it: known before the unit's arm is drawn."""
    counts: NDArray[Any] = np.arange(len(values))
    before = np.concatenate([[0.0], np.cumsum(values)[:-1]]) if len(values) else values
    return (before + _PRIOR) / (counts + 1)
