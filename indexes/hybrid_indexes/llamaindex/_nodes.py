"""Passages and citations as LlamaIndex nodes, and LlamaIndex filters as narrowing."""

from __future__ import annotations

from typing import cast

from llama_index.core.schema import NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from hybrid.access import Narrowing
from hybrid.errors import InputError
from hybrid.types import Citation, MetadataValue, Passage


def passage_node(passage: Passage) -> NodeWithScore:
    """Return a passage as a node whose text is verbatim and whose offsets point into the document."""
    node = TextNode(
        id_=f"{passage.document_id}@{passage.version[:12]}:{passage.start}-{passage.end}",
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={**passage.metadata, **_place(passage.document_id, passage.uri, passage.title, passage.lines)},
    )
    return NodeWithScore(node=_of_document(node, passage.document_id), score=passage.scores.fused)


def citation_node(citation: Citation) -> NodeWithScore:
    """Return a verified citation as a node that holds the quote and nothing else."""
    node = TextNode(
        id_=f"{citation.document_id}@{citation.version[:12]}:{citation.start}-{citation.end}",
        text=citation.quote,
        start_char_idx=citation.start,
        end_char_idx=citation.end,
        metadata={
            **_place(citation.document_id, citation.uri, citation.title, citation.lines),
            "marker": citation.marker,
        },
    )
    return NodeWithScore(node=_of_document(node, citation.document_id), score=None)


def narrowing(filters: MetadataFilters | None) -> Narrowing:
    """Return the conditions of LlamaIndex filters, all of which must hold.

    Raises:
        InputError: A condition or operator that cannot be kept to; leaving it out would widen the search.
    """
    if filters is None:
        return {}
    if filters.condition not in (None, FilterCondition.AND):
        raise InputError(f"filters joined by {filters.condition!r} are not supported; join them by AND")
    wanted: dict[str, MetadataValue | tuple[MetadataValue, ...]] = {}
    for each in filters.filters:
        if not isinstance(each, MetadataFilter):
            raise InputError("nested filters are not supported; write one list of filters joined by AND")
        if each.key in wanted:
            raise InputError(f"filter {each.key!r} is given twice; give it once, with operator IN for several values")
        wanted[each.key] = _values(each)
    return wanted


def _values(condition: MetadataFilter) -> MetadataValue | tuple[MetadataValue, ...]:
    value: object = condition.value
    if condition.operator == FilterOperator.EQ and isinstance(value, str | int | float | bool):
        return value
    if condition.operator == FilterOperator.IN and isinstance(value, list):
        return tuple(cast("list[MetadataValue]", value))
    raise InputError(
        f"filter {condition.key!r}: operator {condition.operator.value!r} with {type(value).__name__} "
        "is not supported; use '==' with one value or 'in' with a list"
    )


def _place(document_id: str, uri: str, title: str, lines: tuple[int, int]) -> dict[str, str | int]:
    return {
        "document_id": document_id,
        "uri": uri,
        "title": title,
        "first_line": lines[0],
        "last_line": lines[1],
    }


def _of_document(node: TextNode, document_id: str) -> TextNode:
    node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=document_id)
    # What a filter or a citation needs is no part of what a model embeds or reads.
    node.excluded_embed_metadata_keys = list(node.metadata)
    node.excluded_llm_metadata_keys = [key for key in node.metadata if key != "title"]
    return node
