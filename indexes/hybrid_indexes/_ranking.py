"""Complete, stable rankings out of an engine, and their fusion."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from hybrid.protocols import Hit

_MARGIN = 14
_GROWTH = 4


def stable_top(
    search: Callable[[int], list[Hit]], keep: Callable[[Collection[int]], Collection[int]], wanted: int
) -> list[Hit]:
    """Return the best ``wanted`` hits that ``keep`` accepts, in an order that hidden documents cannot change.

    An engine returns ties in storage order, and cuts them off wherever the limit falls. So more is fetched than wanted,
    a score is trusted only when everything that shares it was seen, and ties are ordered by id.

    Args:
        search: Returns the best hits down to a limit.
        keep: Returns those ids that are live and readable.
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
            return sorted(certain, key=lambda hit: (-hit.score, hit.id))[:wanted]
        limit *= _GROWTH


def reciprocal_rank_fusion(rankings: Sequence[tuple[float, Sequence[Hit]]], *, k: int) -> list[Hit]:
    """Return all hits by the weighted sum of their reciprocal ranks, ties by id.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods"
    (SIGIR 2009). Done here and not in the engine, whose fusion would take ties in storage order.

    Args:
        rankings: Weight and ranking, best first.
        k: Rank constant; larger values flatten the top.

    Example:
        >>> a, b = Hit(id=1, score=9.0), Hit(id=2, score=8.0)
        >>> [hit.id for hit in reciprocal_rank_fusion([(1.0, [a, b]), (1.0, [b])], k=60)]
        [2, 1]
    """
    scores: dict[int, float] = {}
    for weight, ranking in rankings:
        for rank, hit in enumerate(ranking, start=1):
            scores[hit.id] = scores.get(hit.id, 0.0) + weight / (k + rank)
    return in_order(scores)


def in_order(scores: Mapping[int, float]) -> list[Hit]:
    """Return hits by score, best first, ties by id."""
    return [Hit(id=point, score=score) for point, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))]
