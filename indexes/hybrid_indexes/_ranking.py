"""Complete, stable rankings out of an engine, and their fusion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import fsum, sqrt

from hybrid.protocols import Hit

_MARGIN = 14
_GROWTH = 4


TieKey = Callable[[int], tuple[str, int]]
"""Orders points of equal score by what their readers can see (document, place in it), never by when they came."""


def stable_top(
    search: Callable[[int], list[Hit]],
    keep: Callable[[Collection[int]], Collection[int]],
    tie_key: TieKey,
    *,
    wanted: int,
) -> list[Hit]:
    """Return the best ``wanted`` hits that ``keep`` accepts, in an order that hidden documents cannot change.

    An engine returns ties in storage order, and cuts them off wherever the limit falls. So more is fetched than wanted,
    a score is trusted only when everything that shares it was seen, and ties are ordered by ``tie_key``.

    Args:
        search: Returns the best hits down to a limit.
        keep: Returns those ids that are live and readable.
        tie_key: Orders equal scores.
        wanted: Number of hits to return where there are so many.
    """
    limit = wanted + _MARGIN
    while True:
        hits = search(limit)
        exhausted = len(hits) < limit
        kept = keep([hit.id for hit in hits])
        lowest = hits[-1].score if hits else 0.0
        certain = [hit for hit in hits if hit.id in kept and (exhausted or hit.score > lowest)]
        if exhausted or len(certain) >= wanted:
            return sorted(certain, key=lambda hit: (-hit.score, tie_key(hit.id)))[:wanted]
        limit *= _GROWTH


def standardised_sum(rankings: Sequence[Mapping[int, float]], tie_key: TieKey) -> list[Hit]:
    """Return all points by the sum of their standardised scores.

    Each ranking's scores are brought to mean 0 and variance 1 over the candidates before they are added, so that a
    clear lead in one ranking counts as such; reciprocal ranks lose it (Bruch, Gai and Ingber, "An Analysis of Fusion
    Functions for Hybrid Retrieval", 2022; measured for this project in docs/decisions/0001-fusion.md). Every
    candidate needs its true score in every ranking.

    Args:
        rankings: Score by point id; each holds the same points.
        tie_key: Orders equal scores.

    Example:
        >>> words, meaning = {1: 9.0, 2: 1.0, 3: 0.0}, {1: 0.5, 2: 0.6, 3: 0.1}
        >>> [hit.id for hit in standardised_sum([words, meaning], lambda point: ("", point))]
        [1, 2, 3]
    """
    comparable = [standardised(ranking) for ranking in rankings]
    points = comparable[0] if comparable else {}
    return in_order({point: fsum(scores[point] for scores in comparable) for point in points}, tie_key)


def standardised(scores: Mapping[int, float]) -> dict[int, float]:
    """Return the scores brought to mean 0 and variance 1; all 0 where they do not differ."""
    mean = fsum(scores.values()) / len(scores) if scores else 0.0
    variance = fsum((score - mean) ** 2 for score in scores.values()) / len(scores) if scores else 0.0
    deviation = sqrt(variance) or 1.0
    return {point: (score - mean) / deviation for point, score in scores.items()}


def in_order(scores: Mapping[int, float], tie_key: TieKey) -> list[Hit]:
    """Return hits by score, best first."""
    ordered = sorted(scores, key=lambda point: (-scores[point], tie_key(point)))
    return [Hit(id=point, score=scores[point]) for point in ordered]
