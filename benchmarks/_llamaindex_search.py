"""What LlamaIndex's documentation composes: a vector store index over Qdrant's client in the process."""

from __future__ import annotations

from collections.abc import Sequence

from llama_index.core import MockEmbedding, VectorStoreIndex
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import FilterCondition, MetadataFilter, MetadataFilters
from llama_index.core.vector_stores.types import VectorStoreQueryMode
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient, models
from qdrant_edge import Bm25, Bm25Config

from benchmarks.synthetic import DIMENSION, Corpus, group_name, vector_of
from hybrid.types import Principal

_CANDIDATES = 100


class LlamaIndexSearch:
    """A VectorStoreIndex with the same texts, vectors and readers."""

    def __init__(self, corpus: Corpus) -> None:
        self._bm25 = Bm25(Bm25Config(language="english"))
        store = QdrantVectorStore(
            "benchmark",
            client=QdrantClient(":memory:"),
            enable_hybrid=True,
            index_doc_id=False,  # payload indexes do nothing in the process, and say so
            sparse_doc_fn=self._documents,
            sparse_query_fn=self._queries,
            sparse_config=models.SparseVectorParams(modifier=models.Modifier.IDF),
        )
        store.add(list(_nodes(corpus)))
        self._index = VectorStoreIndex.from_vector_store(store, embed_model=MockEmbedding(embed_dim=DIMENSION))

    def search(
        self, question: str, vector: list[float], principal: Principal, limit: int, *, dense_only: bool
    ) -> Sequence[NodeWithScore]:
        """Return the best nodes with their text."""
        mode = VectorStoreQueryMode.DEFAULT if dense_only else VectorStoreQueryMode.HYBRID
        retriever = self._index.as_retriever(
            similarity_top_k=limit if dense_only else _CANDIDATES,
            sparse_top_k=_CANDIDATES,
            hybrid_top_k=limit,
            vector_store_query_mode=mode,
            filters=_filters(principal),
        )
        return retriever.retrieve(QueryBundle(question, embedding=vector))

    def _documents(self, texts: list[str]) -> tuple[list[list[int]], list[list[float]]]:
        found = [self._bm25.embed_document(text) for text in texts]
        return [list(each.indices) for each in found], [list(each.values) for each in found]

    def _queries(self, texts: list[str]) -> tuple[list[list[int]], list[list[float]]]:
        found = [self._bm25.embed_query(text) for text in texts]
        return [list(each.indices) for each in found], [list(each.values) for each in found]


def _nodes(corpus: Corpus) -> list[TextNode]:
    return [
        TextNode(text=text, embedding=vector_of(text).tolist(), metadata={"reader": group_name(number)})
        for number, texts in enumerate(corpus.documents)
        for text in texts
    ]


def _filters(principal: Principal) -> MetadataFilters:
    readers = [MetadataFilter(key="reader", value=name) for name in sorted(principal.groups)]
    return MetadataFilters(filters=readers, condition=FilterCondition.OR)
