"""What somebody writes who uses the engine alone: text and readers in the payload, one call for both halves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qdrant_edge import (
    Bm25,
    Bm25Config,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    Fusion,
    IdfParams,
    MatchAny,
    Modifier,
    PayloadSchemaType,
    Point,
    Prefetch,
    Query,
    QueryRequest,
    SearchParams,
    UpdateOperation,
)

from benchmarks.synthetic import DIMENSION, Corpus, group_name, vector_of
from hybrid.types import Principal

_POINTS_PER_WRITE = 256
_CANDIDATES = 100


class BareEdge:
    """The engine's own hybrid search over the same corpus."""

    def __init__(self, path: Path, corpus: Corpus) -> None:
        path.mkdir()
        self._bm25 = Bm25(Bm25Config(language="english"))
        self._shard = EdgeShard.create(str(path), _config())
        self._shard.update(UpdateOperation.create_field_index("readers", PayloadSchemaType.Keyword))
        points = [
            self._point(number, part, text)
            for number, texts in enumerate(corpus.documents)
            for part, text in enumerate(texts)
        ]
        for start in range(0, len(points), _POINTS_PER_WRITE):
            self._shard.update(UpdateOperation.upsert_points(points[start : start + _POINTS_PER_WRITE]))
        self._shard.optimize()

    def search(
        self, question: str, vector: list[float], principal: Principal, limit: int, *, own_statistics: bool
    ) -> list[Any]:
        """Return the best points with their text, by reciprocal ranks of both halves.

        With ``own_statistics`` BM25 counts the principal's documents only: then scores do not tell of hidden ones.
        """
        permitted = Filter(must=[FieldCondition("readers", match=MatchAny([*principal.groups]))])
        params = SearchParams(idf=IdfParams(corpus=permitted)) if own_statistics else None
        prefetches = [
            Prefetch(query=Query.Nearest(vector, using="dense"), filter=permitted, limit=_CANDIDATES),
            Prefetch(
                query=Query.Nearest(self._bm25.embed_query(question), using="bm25"),
                filter=permitted,
                limit=_CANDIDATES,
                params=params,
            ),
        ]
        return self._shard.query(
            QueryRequest(query=Fusion.Rrf(k=60), prefetches=prefetches, limit=limit, with_payload=True)
        )

    def close(self) -> None:
        self._shard.close()

    def _point(self, number: int, part: int, text: str) -> Point:
        payload: Any = {"text": text, "document": number, "part": part, "readers": [group_name(number)]}
        vectors: Any = {"dense": vector_of(text).tolist(), "bm25": self._bm25.embed_document(text)}
        return Point(number << 20 | part, vectors, payload)


def _config() -> EdgeConfig:
    return EdgeConfig(
        vectors={"dense": EdgeVectorParams(size=DIMENSION, distance=Distance.Dot)},
        sparse_vectors={"bm25": EdgeSparseVectorParams(modifier=Modifier.Idf)},
    )
