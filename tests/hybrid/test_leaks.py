"""Nobody sees, or can infer from what they see, a document they may not read: 10,000 generated cases.

A case is a corpus, a principal and a question. Two indexes are kept that agree on what the principal may read and on
nothing else; everything the principal can get must be byte-identical in both, and must name no hidden document.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hybrid.access import permits
from hybrid.answering.assembly import default_composer
from hybrid.pipeline import Pipeline
from hybrid.testing.memory import LateHashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import Access, Answer, Document, Principal, SearchResult
from hybrid_indexes.knowledge import KnowledgeBase

QUESTIONS_PER_CORPUS = 40
WORDS = [
    "refund",
    "gateway",
    "pool",
    "chlorine",
    "probe",
    "plan",
    "invoice",
    "alarm",
    "night",
    "shift",
    "export",
    "key",
    "limit",
    "credit",
    "outage",
]
GROUPS = ("customers", "partners", "support", "legal")
TOKENS = ("public", "user:ana", "user:ben", *(f"group:{name}" for name in GROUPS))
PATHS = tuple(f"{letter}/{number}.md" for letter in "ab" for number in range(6))

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
texts = st.lists(words, min_size=1, max_size=3).map("\n\n".join)
accesses = st.builds(
    Access,
    readers=st.lists(st.sampled_from(TOKENS), max_size=2, unique=True).map(tuple),
    denied=st.lists(st.sampled_from(TOKENS[1:]), max_size=1).map(tuple),
)
tenants = st.sampled_from(["", "", "", "north"])
documents = st.builds(lambda text, access, tenant: (text, access, tenant), texts, accesses, tenants)
corpora = st.dictionaries(st.sampled_from(PATHS), documents, min_size=2, max_size=12)
principals = st.builds(
    Principal,
    user=st.sampled_from([None, "ana", "ben"]),
    groups=st.frozensets(st.sampled_from(GROUPS), max_size=2),
    tenant=tenants,
)


class Twins:
    """Two pipelines whose corpora may differ only in what a principal may not read."""

    def __init__(self, folder: Path) -> None:
        self.sources = [MemoryConnector(), MemoryConnector()]
        self.pipelines = [_pipeline(folder / name, source) for name, source in zip("ab", self.sources, strict=True)]

    def sync(self, *corpora: dict[str, Document]) -> None:
        for source, pipeline, corpus in zip(self.sources, self.pipelines, corpora, strict=True):
            source.documents = dict(corpus)
            assert not pipeline.sync(accept_empty=("memory",)).failures

    def close(self) -> None:
        for pipeline in self.pipelines:
            pipeline.close()


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    twins = Twins(tmp_path_factory.mktemp("twins"))
    yield twins
    twins.close()


def _pipeline(folder: Path, source: MemoryConnector) -> Pipeline:
    knowledge = KnowledgeBase(folder, embedder=LateHashingEmbedder(), chunker=ParagraphChunker())
    return Pipeline(
        knowledge=knowledge,
        connectors=[source],
        composer=default_composer(knowledge, refuse_below=0.4),
    )


def _corpus(found: dict[str, tuple[str, Access, str]]) -> dict[str, Document]:
    return {
        path: memory_document(path, text, access=access, tenant=tenant)
        for path, (text, access, tenant) in found.items()
    }


def _readable(corpus: dict[str, Document], principal: Principal) -> dict[str, Document]:
    return {
        path: document
        for path, document in corpus.items()
        if permits(principal, document.access, tenant=document.tenant)
    }


def _seen(result: SearchResult | Answer) -> str:
    """Return everything of a result that reaches a caller, as bytes would: all but clock and random id."""
    cleared = replace(result, timings={}, **({"trace_id": ""} if isinstance(result, Answer) else {}))
    return json.dumps(asdict(cleared), sort_keys=True, default=str)


def _surfaces(pipeline: Pipeline, question: str, principal: Principal) -> Iterator[str]:
    for limit in (1, 3, 50):
        yield _seen(pipeline.search(question, principal=principal, limit=limit))
    answer = pipeline.ask(question, principal=principal)
    yield _seen(answer)
    yield repr(pipeline.knowledge.trace(question, principal=principal))
    for path in PATHS:
        yield repr(pipeline.source(f"memory:{path}", principal=principal))
    forged = [replace(citation, document_id=f"memory:{path}") for citation in answer.citations[:1] for path in PATHS]
    yield repr(pipeline.recheck(answer.citations, principal=principal))
    yield repr([verdict.standing for verdict in pipeline.recheck(forged, principal=principal)])


def _check_corpus(
    twins: Twins,
    mine: dict[str, tuple[str, Access, str]],
    other: dict[str, tuple[str, Access, str]],
    principal: Principal,
    seed: int,
) -> None:
    first = _corpus(mine)
    readable = _readable(first, principal)
    hidden = {
        path: document
        for path, document in _corpus(other).items()
        if path not in first and not permits(principal, document.access, tenant=document.tenant)
    }
    twins.sync(first, readable | hidden)
    secrets = {document.id for document in (first | hidden).values()}.difference(d.id for d in readable.values())
    choose = random.Random(seed)
    for _ in range(QUESTIONS_PER_CORPUS):
        question = " ".join(choose.choices(WORDS, k=choose.randint(1, 5)))
        seen = [list(_surfaces(pipeline, question, principal)) for pipeline in twins.pipelines]
        assert seen[0] == seen[1]
        assert not any(secret in surface for secret in secrets for surface in seen[0])


corpus_pairs = given(mine=corpora, other=corpora, principal=principals, seed=st.integers(0, 2**32))
quick = settings(
    deadline=None,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(quick, max_examples=25)
@corpus_pairs
def test_hidden_documents_change_nothing(twins: Twins, mine, other, principal, seed) -> None:
    """1,000 cases."""
    _check_corpus(twins, mine, other, principal, seed)


@pytest.mark.nightly
@settings(quick, max_examples=250, derandomize=False)
@corpus_pairs
def test_hidden_documents_change_nothing_in_10000_cases(twins: Twins, mine, other, principal, seed) -> None:
    _check_corpus(twins, mine, other, principal, seed)


def test_the_check_can_fail(twins: Twins) -> None:
    """A document that is hidden in one index and readable in the other is noticed."""
    principal = Principal(user="ana")
    open_, closed = Access(readers=("public",)), Access(readers=("user:ben",))
    twins.sync(
        {"a/0.md": memory_document("a/0.md", "refund gateway", access=open_)},
        {"a/0.md": memory_document("a/0.md", "refund gateway", access=closed)},
    )
    seen = [list(_surfaces(pipeline, "refund", principal)) for pipeline in twins.pipelines]
    assert seen[0] != seen[1]
