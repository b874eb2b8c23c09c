"""What retrieval knows, as a prior on which evidence id is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hybrid.types import Evidence


class EvidencePrior:
    """Adds ``weight * score`` to the log-probability of each evidence id, whatever tokens spell it.

    An id may take several tokens, and ``E1`` begins ``E12``. So each token gets the share of the ids it leads to:
    the log of the prior's mass after the token over the mass before it. Along the tokens of an id these add up to the
    prior of the id, which is a softmax of ``weight * score`` over all ids.

    Args:
        evidence: With their scores.
        weight: 0 leaves the choice to the model.
    """

    def __init__(self, evidence: Sequence[Evidence], weight: float) -> None:
        self._weight = weight
        best = max((unit.score for unit in evidence), default=0.0)
        self._mass = {f'"{unit.id}"'.encode(): math.exp(weight * (unit.score - best)) for unit in evidence}

    @property
    def most_tokens(self) -> int:
        """Where a grammar admits more tokens than this, it is not asking for an id; 0 where there is nothing to add."""
        return 8 * len(self._mass) + 8 if self._weight else 0

    def concerns(self, written: bytes) -> bool:
        """Return whether an id could come next, so that a choice must weigh all that the grammar admits."""
        return self._weight != 0 and (written[-1:] in (b"[", b",", b":") or bool(self._begun(written)))

    def bias(self, spelled: Sequence[bytes], written: bytes) -> NDArray[np.float64] | None:
        """Return what to add to the logit of each token, or None where no id is being written.

        Args:
            spelled: Bytes of each token that the grammar admits.
            written: The reply so far.
        """
        begun = self._begun(written)
        before = self._reached(begun)
        after = [self._reached(begun + token) for token in spelled]
        if not any(after):
            return None
        # A token that leads to no id, such as a claim's bracket, is weighed by the model alone.
        return np.array([math.log(mass / before) if mass else 0.0 for mass in after])

    def _begun(self, written: bytes) -> bytes:
        """Return how much of an id stands at the end of the reply."""
        quoted = written[written.rfind(b'"') :]
        return quoted if any(id_.startswith(quoted) for id_ in self._mass) else b""

    def _reached(self, text: bytes) -> float:
        return math.fsum(mass for id_, mass in self._mass.items() if id_.startswith(text) or text.startswith(id_))
