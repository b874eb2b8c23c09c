"""Matrix products that leave the other CPUs alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# OpenBLAS shares larger products out among its threads, 2**18 multiplications and more.
_SMALL_PRODUCT = 200_000


def unshared_product(rows: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``rows @ columns`` in pieces that BLAS does not share out among threads.

    Its threads spin and wait for one another. On a machine that is busy, as during a sync, that takes ten times the
    product; beside workers that already take every CPU it halved the speed of embedding.
    """
    found = np.empty((len(rows), columns.shape[1]), dtype=np.float32)
    step = max(1, _SMALL_PRODUCT // columns.size)
    for start in range(0, len(rows), step):
        np.matmul(rows[start : start + step], columns, out=found[start : start + step])
    return found
