"""Ranking metrics over distinct documents, equal to those of ranx and trec_eval.

A ranking holds each document once, at the place of its best passage, so that ``k`` counts documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import log2

Metric = Callable[[Sequence[str], Mapping[str, int]], float]
"""Score in [0, 1] of a ranking of document ids, given the grade (at least 1) of each relevant one."""

CHECKED_K = 5
"""Documents that count as found: what fits a prompt and what a reader looks at."""


def recall(ranking: Sequence[str], relevant: Mapping[str, int], *, k: int) -> float:
    """Return the part of the relevant documents among the first ``k``."""
    return len(relevant.keys() & set(ranking[:k])) / len(relevant)


def reciprocal_rank(ranking: Sequence[str], relevant: Mapping[str, int], *, k: int) -> float:
    """Return one over the rank of the first relevant document, 0 where none is among the first ``k``."""
    return next((1 / rank for rank, name in enumerate(ranking[:k], start=1) if name in relevant), 0.0)


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], *, k: int) -> float:
    """Return the discounted cumulative gain of the first ``k``, over that of the best possible ranking.

    The gain is the grade itself (Järvelin and Kekäläinen 2002, https://doi.org/10.1145/582415.582418), as in trec_eval.
    """
    gained = _discounted(relevant.get(name, 0) for name in ranking[:k])
    return gained / _discounted(sorted(relevant.values(), reverse=True)[:k])


METRICS: Mapping[str, Metric] = {
    f"recall@{CHECKED_K}": partial(recall, k=CHECKED_K),
    "recall@10": partial(recall, k=10),
    "mrr@10": partial(reciprocal_rank, k=10),
    "ndcg@10": partial(ndcg, k=10),
}
"""What every check reports, by name."""

HEADLINE = f"recall@{CHECKED_K}"
"""The metric that decides."""


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names in order of their first appearance: passages best first become documents best first."""
    return tuple(dict.fromkeys(names))


def _discounted(gains: Iterable[int]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
