"""How likely it is that two samples differ as much by chance (Fisher 1935)."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FIRST = 199
_CLEAR = 0.05
_PER_LEVEL = 5
_MOST = 20_000
_BATCH = 500

Statistic = Callable[[NDArray[np.bool_]], NDArray[np.floating[Any]]]
"""From divisions of the pooled values to the statistic of each."""


def p_value(statistic: Statistic, first: int, second: int, *, level: float, seed: int) -> float:
    """Return the part of all divisions into samples of these sizes whose statistic is at least the observed one.

    Where a few divisions show that it is large, no more are drawn; else enough to tell values around ``level``.

    Args:
        statistic: What is large where samples differ.
        first: Size of the first sample.
        second: Size of the second; its values come last.
        level: The value that matters.
        seed: Decides which divisions are drawn.
    """
    observed = float(statistic(np.arange(first + second)[None, :] >= first)[0])
    generator = np.random.default_rng(seed)
    value = _estimate(statistic, first, second, observed, _FIRST, generator)
    if value > _CLEAR:
        return value
    return _estimate(statistic, first, second, observed, min(_MOST, ceil(_PER_LEVEL / level)), generator)


def _estimate(
    statistic: Statistic, first: int, second: int, observed: float, count: int, generator: np.random.Generator
) -> float:
    reached = 0
    for start in range(0, count, _BATCH):
        divisions = min(_BATCH, count - start)
        places = generator.random((divisions, first + second)).argpartition(second, axis=1)[:, :second]
        members = np.zeros((divisions, first + second), dtype=np.bool_)
        np.put_along_axis(members, places, values=True, axis=1)
        # What is equal but for rounding counts as reached.
        reached += int((statistic(members) >= observed - 1e-12).sum())
    return (reached + 1) / (count + 1)
