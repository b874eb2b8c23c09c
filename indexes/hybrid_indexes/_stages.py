"""The stages of one search: dense and BM25 under the same access filter, then fusion."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hybrid.access import AccessFilter
from hybrid.protocols import Hit, Index
from hybrid_indexes._bm25 import Bm25Encoder, query_weights
from hybrid_indexes._ranking import reciprocal_rank_fusion, stable_top
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._rows import DocumentRow, version_of

_RANK_CONSTANT = 60
# Up to here every readable vector is compared: exact, and independent of hidden documents. Above, the graph is walked.
_EXACT_CHUNKS = 10_000


@dataclass(frozen=True, kw_only=True)
class Rankings:
    """What the stages found for one question, all of it live and readable."""

    dense: Sequence[Hit] = ()
    """By cosine similarity."""

    sparse: Sequence[Hit] = ()
    """By BM25 over the readable documents."""

    fused: Sequence[Hit] = ()
    """Both together."""

    documents: Mapping[int, DocumentRow] = field(default_factory=dict[int, DocumentRow])
    """The document of every version among the hits."""

    seconds: float = 0.0
    """Wall time of all stages."""


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
        self._chunks = reader.chunk_count(access.scopes)
        self._documents: dict[int, DocumentRow] = {}

    def run(self, question: str, vector: Sequence[float], bm25: Bm25Encoder, *, depth: int) -> Rankings:
        """Return the rankings down to ``depth``."""
        started = time.perf_counter()
        dense = self.dense(vector, depth=depth)
        sparse = self.sparse(bm25.query(question), depth=depth)
        fused = reciprocal_rank_fusion([(1.0, dense), (1.0, sparse)], k=_RANK_CONSTANT)
        return Rankings(
            dense=dense,
            sparse=sparse,
            fused=fused,
            documents=self._documents,
            seconds=time.perf_counter() - started,
        )

    def dense(self, vector: Sequence[float], *, depth: int) -> list[Hit]:
        """Return the nearest chunks."""
        exact = self._chunks <= _EXACT_CHUNKS

        def search(limit: int) -> list[Hit]:
            return self._index.search_dense(vector, self._access, limit=limit, exact=exact)

        return stable_top(search, self._readable, depth)

    def sparse(self, terms: Sequence[int], *, depth: int) -> list[Hit]:
        """Return the chunks with the largest BM25 score over the readable documents."""
        frequencies = self._reader.term_frequencies(terms, self._access.scopes)
        weights = query_weights(terms, frequencies, self._chunks)
        if not weights.indices:
            return []

        def search(limit: int) -> list[Hit]:
            return self._index.search_sparse(weights, self._access, limit=limit)

        return stable_top(search, self._readable, depth)

    def _readable(self, points: Collection[int]) -> Collection[int]:
        """Return the points whose document is live and still in a scope that may be read."""
        unknown = {version_of(point) for point in points}.difference(self._documents)
        self._documents.update(self._reader.live(unknown))
        return {point for point in points if self._is_readable(version_of(point))}

    def _is_readable(self, version: int) -> bool:
        document = self._documents.get(version)
        return document is not None and document.scope in self._access.scopes
