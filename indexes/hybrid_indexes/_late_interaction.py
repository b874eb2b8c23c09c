"""Late interaction: the best candidates compared with the question word by word.

Khattab and Zaharia, "ColBERT" (SIGIR 2020), here over the token vectors of the embedding model itself: for each word of
the question the best match anywhere in a document's candidate chunks counts, and the mean over the words is the
document's score.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from hybrid_indexes._products import unshared_product
from hybrid_indexes._ranking import Ranking, TieKey, in_order, standardised
from hybrid_indexes.journal._rows import version_of

if TYPE_CHECKING:
    from hybrid.protocols import TokenVectors

DOCUMENTS = 40
_WEIGHT = 1.0


def document_matches(question: TokenVectors, tokens: Mapping[int, bytes]) -> dict[int, float]:
    """Return the late-interaction score of each document version among the candidate chunks, in [-1, 1].

    Args:
        question: ``(words, token dimension)`` rows of length one.
        tokens: Stored token vectors by point id, in an order that hidden documents cannot change: the last bits of a
            matrix product depend on it. Chunks without any are left out.
    """
    points = [point for point, packed in tokens.items() if packed]
    if not points or not len(question):
        return {}
    rows = [np.frombuffer(tokens[point], dtype=np.int8).reshape(-1, question.shape[1]) for point in points]
    starts = np.cumsum([0, *(len(row) for row in rows[:-1])])
    stored = np.concatenate(rows).astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", stored, stored))
    similarities = unshared_product(stored, question.T) / lengths[:, None]
    best = np.maximum.reduceat(similarities, starts, axis=0)
    versions: dict[int, list[int]] = {}
    for position, point in enumerate(points):
        versions.setdefault(version_of(point), []).append(position)
    return {version: float(best[rows].max(axis=0).mean()) for version, rows in versions.items()}


def rerank(fused: Ranking, matches: Mapping[int, float], tie_key: TieKey) -> Ranking:
    """Return the points by fused score and their document's match; documents without a match stay behind the others.

    Args:
        fused: By fused score.
        matches: Late-interaction score by document version.
        tie_key: Orders equal scores.
    """
    weights = standardised(matches)
    first = {p: score + _WEIGHT * weights[v] for p, score in fused.items() if (v := version_of(p)) in weights}
    behind = {point: score for point, score in fused.items() if point not in first}
    shift = min(0.0, min(first.values(), default=0.0) - max(behind.values(), default=0.0))
    return in_order(first, tie_key) | {point: score + shift for point, score in behind.items()}


def best_documents(fused: Ranking) -> list[int]:
    """Return the points that belong to the best ``DOCUMENTS`` documents."""
    kept = set(islice(dict.fromkeys(map(version_of, fused)), DOCUMENTS))
    return [point for point in fused if version_of(point) in kept]
