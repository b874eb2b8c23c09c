"""From a question and a principal to passages that the principal may read."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hybrid.access import AccessFilter, Narrowing, filter_for, permits
from hybrid.errors import IndexStateError
from hybrid.protocols import Embedder, Hit, Index, Ranked, SearchTrace
from hybrid.types import Passage, Principal, SearchResult, StageScores
from hybrid_indexes._bm25 import Bm25Encoder, query_weights
from hybrid_indexes._ranking import reciprocal_rank_fusion, stable_top
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._rows import DocumentRow, version_of
from hybrid_indexes.journal.journal import Journal

_CANDIDATES = 50
_RANK_CONSTANT = 60
_DENSE_WEIGHT = 1.0
_SPARSE_WEIGHT = 1.0
# Up to here every readable vector is compared: exact, and independent of hidden documents. Above, the graph is walked.
_EXACT_CHUNKS = 10_000
_ATTEMPTS = 20


@dataclass(frozen=True, kw_only=True)
class _Rankings:
    """What the stages found for one question."""

    dense: Sequence[Hit] = ()
    sparse: Sequence[Hit] = ()
    fused: Sequence[Hit] = ()
    documents: dict[int, DocumentRow] = field(default_factory=dict[int, DocumentRow])
    seconds: dict[str, float] = field(default_factory=dict[str, float])


class Retriever:
    """Hybrid search over one index: dense and BM25 under the same access filter, fused by reciprocal rank.

    Args:
        journal: Says what is live and who may read it, and keeps the text.
        index: Finds points.
        embedder: The embedder that the index was built with.
    """

    def __init__(self, *, journal: Journal, index: Index, embedder: Embedder) -> None:
        self._journal = journal
        self._index = index
        self._embedder = embedder
        self._bm25 = Bm25Encoder()

    def search(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Return the best readable passages, best first.

        Raises:
            AccessError: No principal, or a narrowing without values.
        """
        reader = self._journal.reader
        access = filter_for(principal, reader.scopes(), moment=moment, narrowing=narrowing)
        if access is None:
            return SearchResult(question=question, passages=())
        for _ in range(_ATTEMPTS):
            rankings = self._rank(question, access, reader, depth=max(_CANDIDATES, limit))
            with reader.snapshot():
                # A sync may have replaced a version between two stages; then the stages are asked again.
                if reader.live(rankings.documents) == rankings.documents:
                    return self._result(question, rankings, limit, principal, reader)
        raise IndexStateError("the index changed faster than it can be searched; try again")

    def trace(self, question: str, *, principal: Principal, depth: int = 200) -> SearchTrace:
        """Return each stage's ranking down to ``depth``, of readable chunks only."""
        reader = self._journal.reader
        access = filter_for(principal, reader.scopes())
        rankings = self._rank(question, access, reader, depth=depth) if access else _Rankings()
        stages = {"dense": rankings.dense, "sparse": rankings.sparse, "fused": rankings.fused}
        chunks = reader.chunks([hit.id for hits in stages.values() for hit in hits])
        return SearchTrace(
            stages={
                name: tuple(
                    Ranked(
                        document_id=rankings.documents[version_of(hit.id)].id,
                        lines=chunks[hit.id].lines,
                        score=hit.score,
                    )
                    for hit in hits
                )
                for name, hits in stages.items()
            }
        )

    def _rank(self, question: str, access: AccessFilter, reader: JournalReader, *, depth: int) -> _Rankings:
        started = time.perf_counter()
        vector = self._embedder.embed_query(question).tolist()
        embedded = time.perf_counter()
        documents: dict[int, DocumentRow] = {}

        def readable(points: Collection[int]) -> Collection[int]:
            unknown = {version_of(point) for point in points}.difference(documents)
            documents.update(reader.live(unknown))
            return {p for p in points if (row := documents.get(version_of(p))) and row.scope in access.scopes}

        chunks = reader.chunk_count(access.scopes)
        exact = chunks <= _EXACT_CHUNKS
        dense = stable_top(
            lambda limit: self._index.search_dense(vector, access, limit=limit, exact=exact), readable, depth
        )
        terms = self._bm25.query(question)
        weights = query_weights(terms, reader.term_frequencies(terms, access.scopes), chunks)
        sparse: list[Hit] = []
        if weights.indices:
            sparse = stable_top(lambda limit: self._index.search_sparse(weights, access, limit=limit), readable, depth)
        fused = reciprocal_rank_fusion([(_DENSE_WEIGHT, dense), (_SPARSE_WEIGHT, sparse)], k=_RANK_CONSTANT)
        seconds = {"embed": embedded - started, "search": time.perf_counter() - embedded}
        return _Rankings(dense=dense, sparse=sparse, fused=fused, documents=documents, seconds=seconds)

    def _result(
        self, question: str, rankings: _Rankings, limit: int, principal: Principal, reader: JournalReader
    ) -> SearchResult:
        started = time.perf_counter()
        passages = self._load(rankings, rankings.fused[:limit], principal, reader)
        seconds = {**rankings.seconds, "load": time.perf_counter() - started}
        return SearchResult(question=question, passages=tuple(passages), timings=seconds)

    def _load(
        self, rankings: _Rankings, hits: Sequence[Hit], principal: Principal, reader: JournalReader
    ) -> list[Passage]:
        """Return the passages of hits, each judged once more by its document's own access list."""
        dense = {hit.id: hit.score for hit in rankings.dense}
        sparse = {hit.id: hit.score for hit in rankings.sparse}
        chunks = reader.chunks([hit.id for hit in hits])
        passages: list[Passage] = []
        for hit in hits:
            row, chunk = rankings.documents[version_of(hit.id)], chunks.get(hit.id)
            scope = reader.scope(row.scope)
            if chunk is None or not permits(principal, scope.access, tenant=scope.tenant):
                continue
            version = reader.version(row.version)
            scores = StageScores(fused=hit.score, dense=dense.get(hit.id), sparse=sparse.get(hit.id))
            passages.append(
                Passage(
                    document_id=row.id,
                    uri=row.uri,
                    title=row.title,
                    version=version.content_hash,
                    text=version.text[chunk.start : chunk.end],
                    start=chunk.start,
                    end=chunk.end,
                    lines=chunk.lines,
                    pages=chunk.pages,
                    heading_path=chunk.heading_path,
                    scores=scores,
                    metadata=row.metadata,
                )
            )
        return passages
