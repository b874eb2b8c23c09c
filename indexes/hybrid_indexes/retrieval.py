"""From a question and a principal to passages that the principal may read."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import islice

from hybrid.access import AccessSet, Narrowing, access_set, filter_for
from hybrid.protocols import Embedder, Index, LateEmbedder, Ranked, SearchTrace
from hybrid.types import Passage, Principal, SearchResult, StageScores
from hybrid_indexes._bm25 import Bm25Encoder
from hybrid_indexes._ranking import Ranking
from hybrid_indexes._stages import EmbeddedQuestion, Rankings, Stages
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._rows import ChunkRow, DocumentRow, VersionRow, version_of
from hybrid_indexes.journal.journal import Journal

_CANDIDATES = 100
_ATTEMPTS = 3


class Retriever:
    """Hybrid search over one index: dense and BM25 under the same access filter, fused.

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
        started = time.perf_counter()
        asked = self._embed(question)
        embedded = time.perf_counter() - started
        found = self.search_embedded(
            question, asked, principal=principal, limit=limit, narrowing=narrowing, moment=moment
        )
        return SearchResult(question=question, passages=found.passages, timings={"embed": embedded, **found.timings})

    def search_embedded(
        self,
        question: str,
        asked: EmbeddedQuestion,
        *,
        principal: Principal,
        limit: int,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Do what ``search`` does for a question that is embedded already."""

        def attempt() -> SearchResult | None:
            reader = self._journal.reader
            with reader.snapshot():
                revision = reader.revision()
                access = filter_for(principal, reader.scopes(), moment=moment, narrowing=narrowing)
                if access is None:
                    return SearchResult(question=question, passages=())
                stages = Stages(index=self._index, reader=reader, access=access)
                rankings = stages.run(question, asked, self._bm25, depth=max(_CANDIDATES, limit))
                found = _result(question, rankings, limit, principal, reader)
            # Whatever was committed meanwhile may have taken a version from one stage and hidden it in the next.
            return found if reader.revision() == revision else None

        for _ in range(_ATTEMPTS):
            if found := attempt():
                return found
        with self._journal.paused():
            found = attempt()
        assert found is not None, "nothing is committed while the journal is paused"
        return found

    def trace(self, question: str, *, principal: Principal, depth: int = 200) -> SearchTrace:
        """Return each stage's ranking down to ``depth``, of readable chunks only."""
        reader = self._journal.reader
        access = filter_for(principal, reader.scopes())
        rankings = Rankings()
        if access is not None:
            stages = Stages(index=self._index, reader=reader, access=access)
            rankings = stages.run(question, self._embed(question), self._bm25, depth=depth)
        stages = {"dense": rankings.dense, "sparse": rankings.sparse, "fused": rankings.fused}
        if rankings.reranked:
            stages["rerank"] = rankings.reranked
        asking = access_set(principal)
        with reader.snapshot():
            return SearchTrace(stages={name: _ranked(ranking, asking, reader) for name, ranking in stages.items()})

    def _embed(self, question: str) -> EmbeddedQuestion:
        if isinstance(self._embedder, LateEmbedder):
            vector, tokens = self._embedder.embed_query_late(question)
            return EmbeddedQuestion(vector=vector.tolist(), tokens=tokens)
        return EmbeddedQuestion(vector=self._embedder.embed_query(question).tolist())


def _ranked(ranking: Ranking, asking: AccessSet, reader: JournalReader) -> tuple[Ranked, ...]:
    documents = reader.live(set(map(version_of, ranking)))
    chunks = reader.chunks([*ranking])
    return tuple(
        Ranked(document_id=row.id, lines=chunks[point].lines, score=score)
        for point, score in ranking.items()
        if (row := documents.get(version_of(point))) and _may_read(asking, row, reader)
    )


def _result(question: str, rankings: Rankings, limit: int, principal: Principal, reader: JournalReader) -> SearchResult:
    started = time.perf_counter()
    best = [*islice(rankings.final, limit)]
    documents = reader.live(set(map(version_of, best)))
    chunks = reader.chunks(best)
    asking = access_set(principal)
    readable = {version: row for version, row in documents.items() if _may_read(asking, row, reader)}
    versions = reader.versions(readable)
    passages = tuple(
        _passage(readable[version], versions[version], chunks[point], _scores(point, rankings))
        for point in best
        if (version := version_of(point)) in readable
    )
    seconds = {**rankings.seconds, "load": time.perf_counter() - started}
    return SearchResult(question=question, passages=passages, timings=seconds)


def _scores(point: int, rankings: Rankings) -> StageScores:
    return StageScores(
        fused=rankings.fused[point],
        dense=rankings.dense.get(point),
        sparse=rankings.sparse.get(point),
        rerank=rankings.reranked.get(point),
        known=rankings.known,
    )


def _may_read(asking: AccessSet, row: DocumentRow, reader: JournalReader) -> bool:
    """Judge a hit once more by its document's own access list."""
    scope = reader.scope(row.scope)
    return asking.permits(scope.access, scope.tenant)


def _passage(row: DocumentRow, version: VersionRow, chunk: ChunkRow, scores: StageScores) -> Passage:
    return Passage(
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
