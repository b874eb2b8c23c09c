"""A LlamaIndex retriever over a hybrid pipeline."""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from hybrid.access import Narrowing, access_set
from hybrid.pipeline import Pipeline
from hybrid.types import Principal
from hybrid_indexes.llamaindex._nodes import passage_node


class HybridRetriever(BaseRetriever):
    """Retrieves what one principal may read.

    Args:
        pipeline: Where to search.
        principal: On whose behalf; a retriever is made for one principal and never shared.
        limit: At most so many nodes.
        narrowing: Metadata conditions, all of which must hold.

    Raises:
        AccessError: No principal.
    """

    def __init__(
        self, pipeline: Pipeline, *, principal: Principal, limit: int = 10, narrowing: Narrowing | None = None
    ) -> None:
        access_set(principal)
        self._pipeline = pipeline
        self._principal = principal
        self._limit = limit
        self._narrowing = narrowing
        super().__init__()  # pyright: ignore[reportUnknownMemberType]  LlamaIndex types it with a bare Dict

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._pipeline.search(
            query_bundle.query_str, principal=self._principal, limit=self._limit, narrowing=self._narrowing
        )
        return [passage_node(passage) for passage in found.passages]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = await self._pipeline.asearch(
            query_bundle.query_str, principal=self._principal, limit=self._limit, narrowing=self._narrowing
        )
        return [passage_node(passage) for passage in found.passages]
