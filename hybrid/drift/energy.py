"""The energy distance between two samples of vectors (Székely and Rizzo 2013): 0 only where they are alike in all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def distances(vectors: Floats) -> Floats:
    """Return the Euclidean distance of each vector to each."""
    vectors = np.asarray(vectors, dtype=np.float64)
    squares = (vectors**2).sum(axis=1)
    found = squares[:, None] + squares[None, :] - 2 * vectors @ vectors.T
    np.fill_diagonal(found, 0.0)
    return np.sqrt(np.maximum(found, 0.0))


def energy(between: Floats, members: NDArray[np.bool_]) -> Floats:
    """Return the distance for each of many divisions of pooled vectors in two.

    Args:
        between: From ``distances``, of all vectors.
        members: For each division, which vectors are in the second sample.

    Example:
        >>> between = distances(np.array([[0.0], [0.0], [1.0], [1.0]]))
        >>> energy(between, np.array([[False, False, True, True], [False, True, False, True]])).round(6).tolist()
        [2.0, 0.0]
    """
    chosen = members.astype(np.float64)
    second = chosen.sum(axis=1)
    first = members.shape[1] - second
    within_second = ((chosen @ between) * chosen).sum(axis=1)
    across = chosen @ between.sum(axis=1) - within_second
    within_first = between.sum() - within_second - 2 * across
    return 2 * across / (first * second) - within_first / first**2 - within_second / second**2


def strangeness(between: Floats, member: NDArray[np.bool_]) -> Floats:
    """Return for each vector of the second sample how much nearer it is to its own than to the first.

    It is what the vector adds to the energy distance, up to a constant.
    """
    own = between[member]
    return own[:, ~member].mean(axis=1) - own[:, member].mean(axis=1)
