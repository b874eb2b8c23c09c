"""Token vectors small enough to keep: projected, pooled and rounded, for late interaction at search time.

A passage's token vectors come out of the same run as its embedding, so they cost no second model. They are projected on
the directions that matter most in the model's own calibration texts (never in the indexed corpus, whose statistics
would tell of hidden documents), neighbours are averaged, and what is left fits into bytes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from hybrid_indexes._products import unshared_product

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hybrid.protocols import TokenBytes

TOKEN_DIMENSION = 128
_POOLED = 2


class TokenProjection:
    """Turns a model's token vectors into what is stored and what is asked with.

    Args:
        basis: ``(dimension, TOKEN_DIMENSION)`` float32 with orthonormal columns.
    """

    def __init__(self, basis: NDArray[np.float32]) -> None:
        self._basis = basis

    @property
    def digest(self) -> str:
        """Short hash: token vectors of different projections must not be compared."""
        return hashlib.sha256(self._basis.tobytes()).hexdigest()[:8]

    def query(self, tokens: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``(tokens, TOKEN_DIMENSION)`` rows of length one, special tokens left out."""
        return _unit(unshared_product(tokens[1:-1], self._basis))

    def document(self, tokens: NDArray[np.float32]) -> TokenBytes:
        """Return ``(pooled, TOKEN_DIMENSION)`` int8 rows; only their direction means something."""
        rows = _unit(_pooled(_unit(unshared_product(tokens[1:-1], self._basis))))
        largest = np.abs(rows).max(axis=1, keepdims=True, initial=1e-9)
        return np.rint(rows * (127 / largest)).astype(np.int8)


def fit(tokens: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the basis of the directions with the most energy.

    Args:
        tokens: ``(tokens, dimension)`` of calibration texts.
    """
    rows = _unit(tokens).astype(np.float64)
    _, vectors = np.linalg.eigh(rows.T @ rows)
    basis = vectors[:, ::-1][:, :TOKEN_DIMENSION]
    signs = np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(basis.shape[1])])
    return np.ascontiguousarray((basis * signs).astype(np.float32))


def _pooled(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of neighbours, the last one alone where the number is odd."""
    starts = np.arange(0, len(rows), _POOLED)
    return np.add.reduceat(rows, starts, axis=0) if len(rows) else rows


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
