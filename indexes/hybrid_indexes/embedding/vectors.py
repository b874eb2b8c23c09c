"""What makes a vector fit for an index: finite, of the right size, not zero, of length one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hybrid.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hybrid.protocols import Vectors


def unit_rows(vectors: Sequence[NDArray[np.float32]], *, dimension: int, model: str) -> Vectors:
    """Return ``(len(vectors), dimension)`` float32 rows of length one.

    Args:
        vectors: One vector per text, of any length above zero.
        dimension: The size that each must have.
        model: Name of the model, for the message.

    Raises:
        EmbeddingError: Some vectors have another size, or are zero, infinite or not a number.
    """
    wrong = [vector.shape for vector in vectors if vector.shape != (dimension,)]
    if wrong:
        raise EmbeddingError(
            f"{len(wrong)} of {len(vectors)} vectors of the embedding model {model!r} have shape {wrong[0]} instead of "
            f"({dimension},); check that the configured model is the one the index was built with."
        )
    if not vectors:
        return np.empty((0, dimension), dtype=np.float32)
    rows = np.stack(vectors).astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unusable = int(np.count_nonzero(~np.isfinite(lengths) | (lengths == 0)))
    if unusable:
        raise EmbeddingError(
            f"{unusable} of {len(vectors)} vectors of embedding model {model!r} are zero, infinite or not a number; "
            "nothing of them was stored. Name another variant (fp32) or another model."
        )
    return (rows / lengths).astype(np.float32)
