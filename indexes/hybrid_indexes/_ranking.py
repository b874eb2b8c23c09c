"""Complete, stable rankings out of an engine, and their fusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from math import fsum, inf, sqrt

from hybrid.protocols import Hit

_MARGIN = 14
_GROWTH = 4

Ranking = dict[int, float]
"""Score by point id, best first."""

TieKey = Callable[[int], tuple[str, int]]
"""Orders points of equal score by what their readers can see (document, place in it), never by when they came."""


def stable_top(
    search: Callable[[int], list[Hit]],
    keep: Callable[[Ranking], Ranking],
    tie_key: TieKey,
    *,
    wanted: int,
) -> Ranking:
    """Return the best ``wanted`` points that ``keep`` accepts, in an order that hidden documents cannot change.

    An engine returns ties in storage order, and cuts them off wherever the limit falls. So more is fetched than wanted,
    a score is trusted only when everything that shares it was seen, and ties are ordered by ``tie_key``.

    Args:
        search: Returns the best hits down to a limit.
        keep: Returns those points that are live and readable.
        tie_key: Orders equal scores.
        wanted: Number of points to return where there are so many.
    """
    limit = wanted + _MARGIN
    while True:
        hits = search(limit)
        exhausted = len(hits) < limit
        lowest = hits[-1].score if hits and not exhausted else -inf
        certain = {point: score for point, score in keep(dict(hits)).items() if score > lowest}
        if exhausted or len(certain) >= wanted:
            return dict(islice(in_order(certain, tie_key).items(), wanted))
        limit *= _GROWTH


def standardised_sum(rankings: Sequence[Mapping[int, float]], tie_key: TieKey, *, weights: Sequence[float]) -> Ranking:
    """Return all points by the weighted sum of their standardised scores.

    Each ranking's scores are brought to mean 0 and variance 1 over the candidates before they are added, so that a
    clear lead in one ranking counts as such; reciprocal ranks lose it (Bruch, Gai and Ingber, "An Analysis of Fusion
    Functions for Hybrid Retrieval", 2022; measured for this project in docs/decisions/0001-fusion.md). Every
    candidate needs its true score in every ranking.

    Args:
        rankings: Score by point id; each holds the same points.
        tie_key: Orders equal scores.
        weights: How much each ranking counts.

    Example:
        >>> words, meaning = {1: 9.0, 2: 1.0, 3: 0.0}, {1: 0.5, 2: 0.6, 3: 0.1}
        >>> [*standardised_sum([words, meaning], lambda point: ("", point), weights=[1, 1])]
        [1, 2, 3]
    """
    points = list(rankings[0]) if rankings else []
    comparable = (_comparable([scores[point] for point in points]) for scores in rankings)
    columns = [[weight * score for score in column] for weight, column in zip(weights, comparable, strict=True)]
    return in_order(dict(zip(points, map(fsum, zip(*columns, strict=True)), strict=True)), tie_key)


def standardised(scores: Mapping[int, float]) -> dict[int, float]:
    """Return the scores brought to mean 0 and variance 1; all 0 where they do not differ."""
    return dict(zip(scores, _comparable([*scores.values()]), strict=True))


def in_order(scores: Mapping[int, float], tie_key: TieKey) -> Ranking:
    """Return the points by score, best first."""
    shared = {score for score, points in Counter(scores.values()).items() if points > 1}
    # To look up places costs more than the ranking itself. Sorting keeps the order of what is equal.
    tied = sorted([point for point, score in scores.items() if score in shared], key=tie_key)
    ordered = sorted(dict.fromkeys([*tied, *scores]), key=scores.__getitem__, reverse=True)
    return {point: scores[point] for point in ordered}


def _comparable(scores: Sequence[float]) -> list[float]:
    # Exact sums, because the order of the candidates must not show in a score.
    mean = fsum(scores) / len(scores) if scores else 0.0
    variance = fsum([(score - mean) ** 2 for score in scores]) / len(scores) if scores else 0.0
    deviation = sqrt(variance) or 1.0
    return [(score - mean) / deviation for score in scores]
