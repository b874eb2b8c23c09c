"""Which units of the passages a model is shown, and how likely it is that they answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hybrid.evidence._shown import shown_units
from hybrid.evidence.scoring import Embed, score_units
from hybrid.evidence.support import support_of
from hybrid.protocols import Ranker
from hybrid.types import Evidence, Passage

Kept = Callable[[Evidence], bool]
"""Says of a unit whether it may be shown; rows that teach a refusal are made without the units that answer."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Evidence for one question."""

    evidence: tuple[Evidence, ...]
    """Numbered ``E1``, ``E2``, ... in the order shown to a model; each with its score."""

    support: float
    """How likely it is that the evidence answers the question, in [0, 1]."""


class Selector(Protocol):
    """Chooses the evidence that a model is shown."""

    def select(self, question: str, passages: Sequence[Passage], *, kept: Kept | None = None) -> Selection:
        """Return units of the passages; no evidence and support 0 where there is none.

        Args:
            question: The question, standing by itself.
            passages: What the search found, best first.
            kept: Says which units may be shown; all of them, when left out.
        """
        ...


class ScoringSelector:
    """Scores units by meaning, words and the passage's rank, and shows the best first.

    Args:
        embed: Makes vectors; the index's own embedder.
        ranker: Reads units together with the question; without one, meaning and words alone decide.
    """

    def __init__(self, *, embed: Embed, ranker: Ranker | None = None) -> None:
        self._embed = embed
        self._ranker = ranker

    def select(self, question: str, passages: Sequence[Passage], *, kept: Kept | None = None) -> Selection:
        """Return the most promising units, best first."""
        units = [unit for unit in shown_units(passages) if kept is None or kept(unit)]
        scored = score_units(question, units, self._embed, self._ranker)
        return Selection(
            evidence=tuple(
                replace(unit.evidence, id=f"E{place}", score=unit.score) for place, unit in enumerate(scored, start=1)
            ),
            support=support_of(scored, passages),
        )
