from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.access import permits
from hybrid.errors import AccessError
from hybrid.protocols import Knowledge
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import ANONYMOUS, Access, Principal

TEXT = "# Plans\n\nThe basic plan\ncosts ten.\n\nThe team plan."


def ids(result):
    return [passage.document_id for passage in result.passages]


def test_it_is_a_knowledge():
    assert isinstance(WordOverlapKnowledge([]), Knowledge)


def test_passages_are_verbatim_with_their_lines():
    document = replace(public_document("plans.md", TEXT), first_line=5)
    found = WordOverlapKnowledge([document]).search("plan costs", principal=ANONYMOUS).passages
    assert [(passage.text, passage.lines) for passage in found] == [
        ("The basic plan\ncosts ten.", (7, 8)),
        ("The team plan.", (10, 10)),
    ]
    assert all(TEXT[passage.start : passage.end] == passage.text for passage in found)
    assert found[0].scores.fused == found[0].scores.dense + 2 / 5


tokens = st.sampled_from(["public", "user:ana", "user:ben", "group:legal", "group:staff"])
access_lists = st.builds(
    lambda readers, denied: Access(readers=tuple(readers), denied=tuple(denied)),
    st.lists(tokens, max_size=3),
    st.lists(tokens.filter(lambda token: token != "public"), max_size=1),
)
principals = st.builds(
    Principal,
    user=st.sampled_from([None, "ana", "ben"]),
    groups=st.frozensets(st.sampled_from(["legal", "staff"])),
    tenant=st.sampled_from(["", "acme"]),
)


@given(st.lists(st.tuples(access_lists, st.sampled_from(["", "acme"])), max_size=6), principals)
def test_every_way_to_read_shows_exactly_what_is_permitted(documents, principal):
    held = [
        replace(public_document(f"d{number}", "word"), access=access, tenant=tenant)
        for number, (access, tenant) in enumerate(documents)
    ]
    knowledge = WordOverlapKnowledge(held)
    readable = [document.id for document in held if permits(principal, document.access, tenant=document.tenant)]
    assert ids(knowledge.search("word", principal=principal)) == readable
    trace = knowledge.trace("word", principal=principal)
    assert {tuple(hit.document_id for hit in hits) for hits in trace.stages.values()} == {tuple(readable)}
    opened = [name for name in knowledge.document_ids() if knowledge.document(name, principal=principal)]
    assert opened == readable


def test_documents_hold_within_their_time_and_narrowing_only_narrows():
    day = datetime(2026, 6, 1, tzinfo=UTC)
    old = replace(public_document("old", "fee"), valid_until=day, metadata={"kind": "policy"})
    new = replace(public_document("new", "fee"), valid_from=day, metadata={"kind": "note"})
    knowledge = WordOverlapKnowledge([old, new])

    def found(**options):
        return ids(knowledge.search("fee", principal=ANONYMOUS, **options))

    assert found(moment=day.replace(month=5)) == ["docs:old"]
    assert found(moment=day) == ["docs:new"]
    assert found(moment=day, narrowing={"kind": ("note", "policy")}) == ["docs:new"]
    assert found(moment=day, narrowing={"kind": "policy"}) == []
    with pytest.raises(AccessError):
        found(narrowing={"kind": ()})


def test_an_unknown_document_is_none_everywhere():
    knowledge = WordOverlapKnowledge([])
    assert knowledge.document("docs:x", principal=ANONYMOUS) is None
    assert knowledge.access("docs:x") is None


def test_embeddings_have_length_one_and_depend_on_the_words_alone():
    rows = WordOverlapKnowledge([]).embed(["one two", "two ONE", "three", ""])
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1, 1])
    assert (rows[0] == rows[1]).all()
    assert (rows[0] != rows[2]).any()
