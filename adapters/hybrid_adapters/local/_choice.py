"""Choosing one of the tokens that a grammar admits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


_TRIED = 8


class Chooser:
    """Takes the likeliest token, or draws one; the same seed draws the same.

    Args:
        temperature: 0 takes the likeliest.
        seed: Of the draws; None makes each reply another one.
    """

    def __init__(self, temperature: float, seed: int | None) -> None:
        self._temperature = temperature
        # Making a generator takes longer than a choice.
        self._random = np.random.default_rng(seed) if temperature > 0.0 else None

    def try_first(self, logits: NDArray[np.float32], admits: Callable[[int], bool]) -> int | None:
        """Return a token chosen without asking for all that are admitted, or None where that takes a mask.

        Which tokens are admitted takes the grammar a walk through the whole vocabulary; whether one is takes it a few
        bytes. The likeliest admitted token is mostly among the likeliest of all. A draw from all that is admitted is
        taken, and after a refused one ``choose`` draws from the admitted alone: together these are draws from the
        admitted in proportion to their odds.

        Args:
            logits: Of all tokens.
            admits: Whether the grammar admits a token.
        """
        if self._random is None:
            return _likeliest(logits, admits)
        if not np.isfinite(logits.max()):
            return None
        drawn = self.choose(np.nan_to_num(logits.astype(np.float64)))
        return drawn if admits(drawn) else None

    def choose(self, logits: NDArray[np.float64]) -> int:
        """Return the position of the chosen one."""
        if self._random is None or len(logits) == 1:
            return int(np.argmax(logits))
        weights: NDArray[np.float64] = np.exp((logits - logits.max()) / self._temperature)
        odds: NDArray[np.float64] = np.cumsum(weights)
        drawn = self._random.random() * float(odds[-1])
        return min(int((odds <= drawn).sum()), len(logits) - 1)


def _likeliest(logits: NDArray[np.float32], admits: Callable[[int], bool]) -> int | None:
    left = logits.copy()
    for _ in range(_TRIED):
        # Ties go to the lowest id, as where all admitted are compared.
        best = int(left.argmax())
        if not np.isfinite(left[best]):
            return None
        if admits(best):
            return best
        left[best] = -np.inf
    return None
