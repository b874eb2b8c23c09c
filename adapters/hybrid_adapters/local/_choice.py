"""Choosing one of the tokens that a grammar admits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Chooser:
    """Takes the likeliest token, or draws one; the same seed draws the same.

    Args:
        temperature: 0 takes the likeliest.
        seed: Of the draws; None makes each reply another one.
    """

    def __init__(self, temperature: float, seed: int | None) -> None:
        self._temperature = temperature
        self._random = np.random.default_rng(seed)

    def choose(self, logits: NDArray[np.float64]) -> int:
        """Return the position of the chosen one."""
        if self._temperature == 0.0 or len(logits) == 1:
            return int(np.argmax(logits))
        weights: NDArray[np.float64] = np.exp((logits - logits.max()) / self._temperature)
        odds: NDArray[np.float64] = np.cumsum(weights)
        drawn = self._random.random() * float(odds[-1])
        return min(int((odds <= drawn).sum()), len(logits) - 1)
