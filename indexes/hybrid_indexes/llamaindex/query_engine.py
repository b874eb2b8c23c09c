"""A LlamaIndex query engine whose sources are exactly what its answer cites."""

from __future__ import annotations

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from hybrid.access import access_set
from hybrid.pipeline import Pipeline
from hybrid.types import Answer, Principal
from hybrid_indexes.llamaindex._nodes import citation_node


class HybridQueryEngine(BaseQueryEngine):
    """Answers for one principal; ``source_nodes`` are the verified citations, in the order of their markers.

    Args:
        pipeline: Where to ask.
        principal: On whose behalf; an engine is made for one principal and never shared.

    Raises:
        AccessError: No principal.
    """

    def __init__(self, pipeline: Pipeline, *, principal: Principal) -> None:
        access_set(principal)
        self._pipeline = pipeline
        self._principal = principal
        super().__init__(callback_manager=None)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        return _response(self._pipeline.ask(query_bundle.query_str, principal=self._principal))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return _response(await self._pipeline.aask(query_bundle.query_str, principal=self._principal))


def _response(answer: Answer) -> Response:
    return Response(
        response=answer.text,
        source_nodes=[citation_node(citation) for citation in answer.citations],
        metadata={"status": answer.status, "support": answer.support, "model": answer.model},
    )
