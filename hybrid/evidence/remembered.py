"""Vectors of the last texts, because the sentences of a good page come up in many questions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid.evidence.scoring import Embed
    from hybrid.protocols import Vector, Vectors

_CAPACITY = 8_192


class RememberedVectors:
    """Embeds texts as ``embed`` does, and embeds none twice while it is among the last ones.

    It knows texts, not documents or principals, and a text's vector depends on nothing but the text: what comes back is
    the same whether it was remembered or not. Any number of threads may use it.

    Args:
        embed: Makes vectors.
        capacity: Number of texts to remember; 8,192 vectors of 384 numbers take 12 MiB.
    """

    def __init__(self, embed: Embed, *, capacity: int = _CAPACITY) -> None:
        self._embed = embed
        self._capacity = capacity
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._guard = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` rows of length one."""
        import numpy as np

        found = self._recall(texts)
        if unknown := [text for text in dict.fromkeys(texts) if text not in found]:
            # A copy of each row: a view would keep the whole batch in memory.
            fresh = {text: row.copy() for text, row in zip(unknown, self._embed(unknown), strict=True)}
            self._remember(fresh)
            found.update(fresh)
        return np.stack([found[text] for text in texts])

    def _recall(self, texts: Sequence[str]) -> dict[str, Vector]:
        with self._guard:
            known = [text for text in dict.fromkeys(texts) if text in self._vectors]
            for text in known:
                self._vectors.move_to_end(text)
            return {text: self._vectors[text] for text in known}

    def _remember(self, fresh: dict[str, Vector]) -> None:
        with self._guard:
            self._vectors.update(fresh)
            while len(self._vectors) > self._capacity:
                self._vectors.popitem(last=False)
