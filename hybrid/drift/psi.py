"""The population stability index: how far a distribution of numbers moved, by the shares in its bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

MOVED = 0.25
"""From here on credit scoring, where the index comes from, calls a population another one (Siddiqi 2006)."""

_BINS = 5
# Half a value in each bin, so that an empty one is rare and not impossible.
_HALF = 0.5


def edges_of(reference: Floats) -> Floats:
    """Return the inner edges of bins that hold a fifth of the reference each; fewer where values repeat."""
    return np.unique(np.quantile(reference, np.linspace(0, 1, _BINS + 1)[1:-1]))


def binned(values: Floats, edges: Floats) -> NDArray[np.intp]:
    """Return each value's bin."""
    return np.searchsorted(edges, values, side="left")


def psi(reference: NDArray[np.intp], live: NDArray[np.intp], bins: int) -> float:
    """Return the index of two samples of bins: the sum of ``(q - p) ln(q / p)`` over shares.

    Example:
        >>> round(psi(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2), 6)
        0.0
    """
    return float(contributions(reference, live, bins).sum())


def contributions(reference: NDArray[np.intp], live: NDArray[np.intp], bins: int) -> Floats:
    """Return what each bin adds to the index."""
    before, now = (_shares(np.bincount(each, minlength=bins)) for each in (reference, live))
    return (now - before) * np.log(now / before)


def permuted(pooled: NDArray[np.intp], members: NDArray[np.bool_], bins: int) -> Floats:
    """Return the index for each of many divisions of pooled values.

    Args:
        pooled: Bins of all values.
        members: For each division, which values are the live ones.
        bins: Number of bins.
    """
    kinds = np.eye(bins)[pooled]
    now = members @ kinds
    before = kinds.sum(axis=0) - now
    one, two = _shares(before), _shares(now)
    return ((two - one) * np.log(two / one)).sum(axis=1)


def _shares(counts: NDArray[Any] | Sequence[int]) -> Floats:
    smoothed = np.asarray(counts, dtype=np.float64) + _HALF
    return smoothed / smoothed.sum(axis=-1, keepdims=True)
