"""Which of the scored units an answer quotes: the best one, and others only where they add something."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.evidence.reading import explained
from hybrid.evidence.words import words
from hybrid.types import Evidence

_MAX_QUOTES = 3
# A further unit must come this close to the best one, in standard deviations ...
_CLOSE = 1.0
# ... and share at most this part of its words with each quote before it.
_ALIKE = 0.6


def choose_quotes(scored: Sequence[Evidence]) -> list[Evidence]:
    """Return up to three units, best first; there must be at least one.

    Args:
        scored: Best first.
    """
    best, *others = scored
    chosen = [best]
    for unit in others:
        if len(chosen) == _MAX_QUOTES or unit.score < best.score - _CLOSE:
            break
        if not any(_alike(unit, each) for each in chosen):
            chosen.append(unit)
    return chosen


def _alike(unit: Evidence, other: Evidence) -> bool:
    mine, theirs = words(explained(unit)), words(explained(other))
    return len(mine & theirs) > _ALIKE * min(len(mine), len(theirs))
