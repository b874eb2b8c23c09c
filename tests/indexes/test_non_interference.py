"""What a principal finds depends on nothing but the documents it may read now: not on others, not on the past."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from index_oracle import open_base, scratch_folder, shown

from hybrid.access import permits
from hybrid.testing.memory import LateHashingEmbedder, MemoryConnector, memory_document
from hybrid.types import Access, Document, MetadataValue, Principal, SearchResult

pytestmark = pytest.mark.usefixtures("no_thread_left")

# Each case makes two indexes: to shrink a failing one would take longer than a test may.
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)

ANA = Principal(user="ana", groups=frozenset({"staff"}))
READABLE = tuple(Access(readers=readers) for readers in (("public",), ("group:staff",), ("user:ana", "group:legal")))
HIDDEN = (
    Access(),
    Access(readers=("group:legal",)),
    Access(readers=("public",), denied=("user:ana",)),
    Access(readers=("group:staff",), denied=("group:staff",)),
)

words = st.lists(st.sampled_from(["refund", "pool", "plan", "key", "limit", "the"]), min_size=1, max_size=5)
texts = st.lists(words.map(" ".join), min_size=1, max_size=4).map("\n\n".join)
fields = st.dictionaries(st.just("lang"), st.sampled_from(["en", "de"]), max_size=1)
paths = st.sampled_from([f"{number:02}.md" for number in range(24)])


def described(accesses: tuple[Access, ...], tenants: tuple[str, ...] = ("",)) -> st.SearchStrategy[dict[str, Document]]:
    parts = st.tuples(texts, st.sampled_from(accesses), st.sampled_from(tenants), fields)
    return st.dictionaries(paths, parts, max_size=10).map(
        lambda found: {path: document(path, *each) for path, each in found.items()}
    )


def document(path: str, text: str, access: Access, tenant: str, metadata: Mapping[str, MetadataValue]) -> Document:
    return replace(memory_document(path, text, access=access, tenant=tenant), metadata=metadata)


mine = described(READABLE)
others = described(HIDDEN) | described((*READABLE, *HIDDEN), tenants=("north",))
pasts = st.lists(st.tuples(st.sets(paths), described((*READABLE, *HIDDEN), tenants=("", "north"))), max_size=2)
"""Earlier states: which of Ana's documents were there already, and what else was, also in their place."""


@settings(max_examples=40, phases=UNSHRUNK, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    own=mine,
    worlds=st.tuples(others, others),
    histories=st.tuples(pasts, pasts),
    questions=st.lists(words.map(" ".join), min_size=1, max_size=4),
    limit=st.integers(1, 8),
)
def test_other_documents_and_other_pasts_change_nothing(
    own: dict[str, Document],
    worlds: tuple[dict[str, Document], dict[str, Document]],
    histories: tuple[list[tuple[set[str], dict[str, Document]]], list[tuple[set[str], dict[str, Document]]]],
    questions: list[str],
    limit: int,
) -> None:
    answers = [
        found([*(state(own, there, rest) for there, rest in history), {**world, **own}], questions, limit)
        for world, history in zip(worlds, histories, strict=True)
    ]
    assert answers[0] == answers[1]


def state(own: dict[str, Document], there: set[str], rest: dict[str, Document]) -> dict[str, Document]:
    return {**rest, **{path: document for path, document in own.items() if path in there}}


def found(states: list[dict[str, Document]], questions: list[str], limit: int) -> list[object]:
    """Return everything that Ana gets from an index that went through these states of its source."""
    source = MemoryConnector()
    with scratch_folder() as folder:
        base = open_base(Path(folder), embedder=LateHashingEmbedder())
        for state in states:
            source.documents = state
            base.sync([source], accept_empty=[source.name])
        got: list[object] = []
        for question in questions:
            for narrowing in ({}, {"lang": "en"}):
                result = base.search(question, principal=ANA, limit=limit, narrowing=narrowing)
                got.append((shown(result.passages), scores(result)))
            got.append(base.trace(question, principal=ANA))
        for read in sorted(source.documents.values(), key=lambda read: read.id):
            previewed = base.document(read.id, principal=ANA)
            assert (previewed is not None) == permits(ANA, read.access, tenant=read.tenant)
            got += [previewed] if previewed else []
        base.close()
    return got


def scores(result: SearchResult) -> list[object]:
    return [passage.scores for passage in result.passages]
