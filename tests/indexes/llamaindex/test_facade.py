"""LlamaIndex's interfaces over hybrid: the same permissions, sources that are exactly the citations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)

from hybrid.answering.assembly import default_composer
from hybrid.errors import AccessError, EmbeddingError, IndexDamagedError, InputError
from hybrid.pipeline import Pipeline
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import ANONYMOUS, Access, Principal
from hybrid_indexes.knowledge import KnowledgeBase
from hybrid_indexes.llamaindex.query_engine import HybridQueryEngine
from hybrid_indexes.llamaindex.retriever import HybridRetriever
from hybrid_indexes.llamaindex.vector_store import EdgeVectorStore

LEGAL = Principal(user="greta", groups=frozenset({"legal"}))
EMBEDDER = HashingEmbedder()


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    source = MemoryConnector(
        documents={
            "open.md": memory_document("open.md", "Refunds are paid within five days."),
            "secret.md": memory_document(
                "secret.md", "Refunds for Hotel Marlow are paid at once.", access=Access(readers=("group:legal",))
            ),
        }
    )
    knowledge = KnowledgeBase(tmp_path / "index", embedder=HashingEmbedder(), chunker=ParagraphChunker())
    composer = default_composer(knowledge, refuse_below=0.3)
    with Pipeline(knowledge=knowledge, connectors=[source], composer=composer) as pipeline:
        pipeline.sync()
        yield pipeline


def node(id_: str, text: str, *, access: list[str] | None = None, ref: str = "a.md", **metadata: object) -> TextNode:
    made = TextNode(id_=id_, text=text, metadata={**metadata, **({"access": access} if access is not None else {})})
    made.excluded_embed_metadata_keys = list(made.metadata)
    made.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=ref)
    made.embedding = EMBEDDER.embed_query(text).tolist()
    return made


def query(text: str, **options: object) -> VectorStoreQuery:
    vector = EMBEDDER.embed_query(text).tolist()
    return VectorStoreQuery(query_embedding=vector, query_str=text, similarity_top_k=5, **options)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = EdgeVectorStore(path=tmp_path / "nodes", dimension=64, principal=ANONYMOUS)
    store.add(
        [
            node("1", "refunds take five days", access=["public"], plan="basic"),
            node("2", "refunds for lawyers", access=["group:legal"], plan="medley"),
            node("3", "refunds nobody may see"),
        ]
    )
    store.close()
    return tmp_path / "nodes"


def found(path: Path, principal: Principal, asked: VectorStoreQuery) -> list[str]:
    store = EdgeVectorStore(path=path, dimension=64, principal=principal)
    try:
        return store.query(asked).ids or []
    finally:
        store.close()


def test_retriever_returns_what_its_principal_may_read(pipeline: Pipeline) -> None:
    visitor = HybridRetriever(pipeline, principal=ANONYMOUS).retrieve("refunds paid")
    lawyer = HybridRetriever(pipeline, principal=LEGAL).retrieve("refunds paid")
    assert [found.node.metadata["document_id"] for found in visitor] == ["memory:open.md"]
    assert {found.node.metadata["document_id"] for found in lawyer} == {"memory:open.md", "memory:secret.md"}


def test_retrieved_nodes_are_verbatim_with_offsets(pipeline: Pipeline) -> None:
    best = asyncio.run(HybridRetriever(pipeline, principal=ANONYMOUS).aretrieve("refunds"))[0].node
    assert isinstance(best, TextNode)
    source = pipeline.source(best.metadata["document_id"], principal=ANONYMOUS)
    assert source is not None
    assert source.text[best.start_char_idx : best.end_char_idx] == best.text


@pytest.mark.parametrize("make", [HybridRetriever, HybridQueryEngine])
def test_no_principal_no_object(pipeline: Pipeline, make: type) -> None:
    with pytest.raises(AccessError, match="needs a Principal"):
        make(pipeline, principal=None)


def test_query_engine_sources_are_exactly_the_citations(pipeline: Pipeline) -> None:
    response = HybridQueryEngine(pipeline, principal=ANONYMOUS).query("When are refunds paid?")
    answer = pipeline.ask("When are refunds paid?", principal=ANONYMOUS)
    assert answer.status == "answered"
    assert [each.node.get_content() for each in response.source_nodes] == [each.quote for each in answer.citations]
    assert response.metadata is not None
    assert response.metadata["status"] == "answered"


def test_a_refusal_has_no_sources(pipeline: Pipeline) -> None:
    response = asyncio.run(HybridQueryEngine(pipeline, principal=ANONYMOUS).aquery("xylophone quartet"))
    assert response.metadata is not None
    assert (response.metadata["status"], response.source_nodes) == ("refused", [])


def test_store_shows_only_permitted_nodes(path: Path) -> None:
    assert found(path, ANONYMOUS, query("refunds")) == ["1"]
    assert sorted(found(path, LEGAL, query("refunds"))) == ["1", "2"]


def test_a_store_that_cannot_be_opened_lets_its_folder_go(tmp_path: Path) -> None:
    EdgeVectorStore(path=tmp_path, dimension=64, principal=ANONYMOUS).close()
    journal = tmp_path / "generation-1" / "journal.sqlite"
    whole = journal.read_bytes()
    journal.write_bytes(b"this is a text" * 1000)
    for _ in range(2):
        with pytest.raises(IndexDamagedError):
            EdgeVectorStore(path=tmp_path, dimension=64, principal=ANONYMOUS)
    journal.write_bytes(whole)
    EdgeVectorStore(path=tmp_path, dimension=64, principal=ANONYMOUS).close()


def test_store_answers_hybrid_queries(path: Path) -> None:
    assert found(path, LEGAL, query("lawyers", mode=VectorStoreQueryMode.HYBRID))[0] == "2"


def test_store_filters_only_narrow(path: Path) -> None:
    basic = MetadataFilters(filters=[MetadataFilter(key="plan", value="basic")])
    either = MetadataFilters(
        filters=[MetadataFilter(key="plan", value=["basic", "medley"], operator=FilterOperator.IN)]
    )
    assert found(path, LEGAL, query("refunds", filters=basic)) == ["1"]
    assert found(path, ANONYMOUS, query("refunds", filters=either)) == ["1"]
    assert found(path, ANONYMOUS, query("refunds", filters=MetadataFilters(filters=[]))) == ["1"]


@pytest.mark.parametrize(
    "filters",
    [
        MetadataFilters(filters=[MetadataFilter(key="plan", value="basic")], condition=FilterCondition.OR),
        MetadataFilters(filters=[MetadataFilter(key="plan", value="basic", operator=FilterOperator.NE)]),
        MetadataFilters(filters=[MetadataFilters(filters=[])]),
        MetadataFilters(filters=[MetadataFilter(key="plan", value="CN=a,OU=b", operator=FilterOperator.IN)]),
    ],
)
def test_filters_that_cannot_be_kept_to_are_refused(path: Path, filters: MetadataFilters) -> None:
    with pytest.raises(InputError):
        found(path, LEGAL, query("refunds", filters=filters))


def test_store_replaces_and_deletes(path: Path) -> None:
    store = EdgeVectorStore(path=path, dimension=64, principal=ANONYMOUS)
    store.add([node("1", "refunds take nine days", access=["public"], ref="b.md")])
    first = store.query(query("refunds take nine days")).nodes
    assert first is not None
    assert [each.get_content() for each in first] == ["refunds take nine days"]
    store.delete("b.md")
    assert store.query(query("refunds")).ids == []
    store.close()
    assert found(path, LEGAL, query("refunds")) == ["2"]


def test_access_is_no_part_of_what_a_model_reads(path: Path) -> None:
    store = EdgeVectorStore(path=path, dimension=64, principal=LEGAL)
    nodes = store.query(query("refunds")).nodes or []
    store.close()
    assert all({"access", "deny"} <= set(each.excluded_llm_metadata_keys) for each in nodes)


def test_store_refuses_bad_nodes_whole(path: Path) -> None:
    store = EdgeVectorStore(path=path, dimension=64, principal=ANONYMOUS)
    short = node("9", "refunds short", access=["public"])
    short.embedding = [1.0]
    with pytest.raises(EmbeddingError, match="length 1"):
        store.add([node("8", "refunds fine", access=["public"]), short])
    with pytest.raises(AccessError, match="everyone"):
        store.add([node("8", "refunds fine", access=["public"]), node("7", "refunds", access=["everyone"])])
    assert store.query(query("refunds fine")).ids == ["1"]
    store.close()
