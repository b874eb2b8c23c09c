"""The stages of one search: dense and BM25 under the same access filter, fusion, late interaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hybrid.access import AccessFilter
from hybrid.protocols import Hit, Index, SparseVector
from hybrid_indexes._bm25 import Bm25Encoder, query_weights
from hybrid_indexes._late_interaction import best_documents, document_matches, rerank
from hybrid_indexes._ranking import Ranking, stable_top, standardised_sum
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._rows import version_of

if TYPE_CHECKING:
    from hybrid.protocols import TokenVectors

# Up to here every readable vector is compared: exact, and independent of hidden documents. Above, the graph is walked.
_EXACT_CHUNKS = 10_000

# Dense and late interaction are two views of one model, so dense counts half where the other follows.
_DENSE_BEFORE_LATE = 0.5

_Search = Callable[[AccessFilter, int], list[Hit]]
"""Returns the best hits under a filter down to a limit."""


@dataclass(frozen=True, kw_only=True)
class EmbeddedQuestion:
    """A question as the embedder sees it."""

    vector: Sequence[float]
    """Its embedding."""

    tokens: TokenVectors | None = None
    """Its token vectors, where the embedder has them."""


@dataclass(frozen=True, kw_only=True)
class Rankings:
    """What the stages found for one question, all of it live and readable."""

    dense: Ranking = field(default_factory=Ranking)
    """By cosine similarity."""

    sparse: Ranking = field(default_factory=Ranking)
    """By BM25 over the readable documents."""

    fused: Ranking = field(default_factory=Ranking)
    """Both together."""

    reranked: Ranking = field(default_factory=Ranking)
    """After late interaction; empty where the embedder has no token vectors."""

    known: float | None = None
    """Share of the question's words that the readable documents hold; None where the question has no content words."""

    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    """Wall time by stage."""

    @property
    def final(self) -> Ranking:
        """The order that counts."""
        return self.reranked or self.fused


class Stages:
    """Runs the stages against one index.

    Args:
        index: Finds points.
        reader: The journal's reader of this thread.
        access: What may be looked at.
    """

    def __init__(self, *, index: Index, reader: JournalReader, access: AccessFilter) -> None:
        self._index = index
        self._reader = reader
        self._access = access
        self._permitted = frozenset(access.scopes)
        self._chunks = reader.chunk_count(access.scopes)
        self._documents: dict[int, str] = {}
        self._unread: set[int] = set()

    def run(self, question: str, asked: EmbeddedQuestion, bm25: Bm25Encoder, *, depth: int) -> Rankings:
        """Return the rankings; dense and BM25 each look down to ``depth``."""
        started = time.perf_counter()
        terms = bm25.query(question)
        frequencies = self._reader.term_frequencies(terms, self._access.scopes)
        weights = query_weights(terms, frequencies, self._chunks)
        searches = [self._dense(asked.vector), self._sparse(weights)]
        dense, sparse = (self._top(search, depth) for search in searches)
        complete = [
            self._complete(search, found, other)
            for search, found, other in zip(searches, (dense, sparse), (sparse, dense), strict=True)
        ]
        shares = (1.0 if asked.tokens is None else _DENSE_BEFORE_LATE, 1.0)
        fused = standardised_sum(complete, self._tie_key, weights=shares)
        searched = time.perf_counter()
        reranked = self._rerank(fused, asked)
        seconds = {"search": searched - started, "rerank": time.perf_counter() - searched}
        known = sum(frequencies.get(term, 0) > 0 for term in terms) / len(terms) if terms else None
        return Rankings(dense=dense, sparse=sparse, fused=fused, reranked=reranked, known=known, seconds=seconds)

    def _rerank(self, fused: Ranking, asked: EmbeddedQuestion) -> Ranking:
        if asked.tokens is None:
            return {}
        candidates = best_documents(fused)
        stored = self._reader.tokens(candidates)
        matches = document_matches(asked.tokens, {point: stored[point] for point in candidates if point in stored})
        return rerank(fused, matches, self._tie_key)

    def _dense(self, vector: Sequence[float]) -> _Search:
        def search(access: AccessFilter, limit: int) -> list[Hit]:
            exact = bool(access.points) or self._chunks <= _EXACT_CHUNKS
            return self._index.search_dense(vector, access, limit=limit, exact=exact)

        return search

    def _sparse(self, weights: SparseVector) -> _Search:
        def search(access: AccessFilter, limit: int) -> list[Hit]:
            return self._index.search_sparse(weights, access, limit=limit) if weights.indices else []

        return search

    def _top(self, search: _Search, depth: int) -> Ranking:
        return stable_top(lambda limit: search(self._access, limit), self._readable, self._tie_key, wanted=depth)

    def _complete(self, search: _Search, found: Ranking, other: Ranking) -> dict[int, float]:
        """Return the true score of every candidate, also of those that only the other ranking found."""
        missing = tuple(other.keys() - found.keys())
        if not missing:
            return found
        scores = search(replace(self._access, points=missing), len(missing))
        return {**found, **dict.fromkeys(missing, 0.0), **dict(scores)}

    def _readable(self, found: Ranking) -> Ranking:
        """Return the points whose document is live and still in a scope that may be read."""
        versions = set(map(version_of, found))
        unknown = versions.difference(self._documents, self._unread)
        if unknown:
            live = self._reader.live_places(unknown)
            readable = {version: document for version, (document, scope) in live.items() if scope in self._permitted}
            self._documents.update(readable)
            self._unread.update(unknown.difference(readable))
        if versions.isdisjoint(self._unread):
            return found
        return {point: score for point, score in found.items() if version_of(point) in self._documents}

    def _tie_key(self, point: int) -> tuple[str, int]:
        # Within one document, and only there, the order of the ids is that of the places.
        return self._documents[version_of(point)], point
