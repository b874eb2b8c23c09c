from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hybrid.errors import GoldenError
from hybrid.evaluation.attribution import REMEDIES, explain_misses
from hybrid.evaluation.places import check_places
from hybrid.evaluation.questions import GoldenSet, Question, Target
from hybrid.evaluation.retrieval import run_questions
from hybrid.protocols import Ranked, SearchTrace
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import SearchResult

FILLERS = [public_document(f"f{number}.md", "needle needle") for number in range(5)]


class Staged(WordOverlapKnowledge):
    """Knowledge whose stages rank documents as told; its search shows what the last stage has."""

    def __init__(self, documents, **stages: Sequence[str]):
        super().__init__(documents)
        self._stages = stages

    def search(self, question, *, principal, limit=10, narrowing=None, moment=None):
        found = super().search(question, principal=principal, limit=limit)
        by_document = {passage.document_id: passage for passage in found.passages}
        order = [f"docs:{name}.md" for name in list(self._stages.values())[-1]]
        shown = tuple(by_document[name] for name in order if name in by_document)
        return SearchResult(question=question, passages=shown)

    def trace(self, question, *, principal, depth=200):
        def ranking(names):
            return tuple(Ranked(document_id=f"docs:{name}.md", lines=(1, 1), score=0.0) for name in names)

        return SearchTrace(stages={stage: ranking(names) for stage, names in self._stages.items()})


def misses(knowledge, *, ignore=lambda *step: None, **target):
    question = Question(
        id="q", text="needle", place="g:1", targets=(Target(**{"document_id": "docs:gold.md", **target}),)
    )
    return explain_misses(knowledge, run_questions(knowledge, [question], ignore), ignore)


def stage_of(gold: str, documents=None, **stages):
    held = [*FILLERS, public_document("gold.md", gold)] if documents is None else documents
    (miss,) = misses(Staged(held, **stages))
    return miss.stage


F = ["f0", "f1", "f2", "f3", "f4"]
LOW = "needle hay hay hay"


@pytest.mark.parametrize(
    ("stages", "stage"),
    [
        ({"dense": F, "sparse": F, "fused": F}, "not found"),
        ({"dense": [*F, "gold"], "sparse": F, "fused": [*F, "gold"]}, "below k"),
        ({"dense": ["gold", *F], "sparse": F, "fused": [*F, "gold"]}, "lost in fusion"),
        ({"dense": F, "sparse": [*F[:4], "gold"], "fused": F}, "lost in fusion"),
        ({"dense": F, "sparse": F, "fused": ["gold", *F], "rerank": [*F, "gold"]}, "lost in rerank"),
        ({"dense": ["f0"] * 6 + ["gold"], "sparse": F, "fused": F}, "lost in fusion"),
    ],
)
def test_the_last_stage_that_had_it_names_the_loss(stages, stage):
    assert stage_of(LOW, **stages) == stage


def test_a_trace_that_fuses_deeper_than_the_search_does_not_hide_a_loss():
    class Deeper(Staged):
        def trace(self, question, *, principal, depth=200):
            stages = super().trace(question, principal=principal, depth=depth).stages
            return SearchTrace(stages={**stages, "fused": stages["dense"]})

    documents = [*FILLERS, public_document("gold.md", LOW)]
    (miss,) = misses(Deeper(documents, dense=["gold", *F], sparse=F, fused=F))
    assert (miss.stage, miss.ranks) == ("lost in fusion", {"dense": 1, "fused": 6})


def test_what_is_closed_to_the_principal_was_not_lost_by_ranking():
    closed = public_document("gold.md", "needle", readers=("group:legal",))
    assert stage_of("", [*FILLERS, closed], dense=[], sparse=[], fused=[]) == "not permitted"


def test_a_document_that_is_missing_or_has_no_text_is_not_indexed():
    assert stage_of("", FILLERS, dense=[], sparse=[], fused=[]) == "not indexed"
    assert stage_of(" \n", dense=[], sparse=[], fused=[]) == "not indexed"


def test_a_miss_says_what_came_instead_and_every_rank():
    (miss,) = misses(Staged([*FILLERS, public_document("gold.md", LOW)], dense=["gold"], sparse=F, fused=[*F, "gold"]))
    assert miss.found == tuple(f"docs:f{number}.md" for number in range(5))
    assert miss.ranks == {"dense": 1, "fused": 6}
    assert miss.kind == "document"


def test_what_is_found_is_no_miss():
    assert misses(WordOverlapKnowledge([public_document("gold.md", LOW)])) == ()


@pytest.mark.parametrize(
    ("target", "stage"),
    [
        ({"lines": (1, 3)}, "cut by chunking"),
        ({"quote": "needle one two"}, "cut by chunking"),
        ({"lines": (5, 5)}, "not found"),
    ],
)
def test_a_found_document_whose_golden_place_no_passage_holds_whole(target, stage):
    document = public_document("gold.md", "needle one\n\ntwo needle\n\nthree")
    (miss,) = misses(WordOverlapKnowledge([document]), **target)
    assert (miss.kind, miss.stage) == ("passage", stage)


def test_a_golden_place_in_a_later_passage_is_below_k():
    class First(WordOverlapKnowledge):
        def search(self, question, *, principal, limit=10, narrowing=None, moment=None):
            found = super().search(question, principal=principal, limit=limit)
            head = [passage for passage in found.passages if passage.lines == (1, 1)]
            tail = [passage for passage in found.passages if passage.lines != (1, 1)]
            return SearchResult(question=question, passages=tuple(head + tail))

    documents = [
        public_document(f"{name}.md", "needle\n\nneedle again") for name in ("gold", "h0", "h1", "h2", "h3", "h4")
    ]
    (miss,) = misses(First(documents), lines=(3, 3))
    assert (miss.kind, miss.stage, miss.place) == ("passage", "below k", "line 3")


def test_every_stage_has_its_remedy():
    assert set(REMEDIES) >= {"not found", "below k", "lost in fusion", "lost in rerank", "not permitted", "not indexed"}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"lines": (2, 9)}, "ends at line 8, got lines (2, 9)"),
        ({"quote": "four"}, "the quote is not in 'docs:gold.md'"),
    ],
)
def test_a_golden_place_that_is_gone_is_an_error_not_a_zero(target, message):
    document = replace(public_document("gold.md", "one\n\nthree"), first_line=6)
    question = Question(id="q", text="x", place="g:4", targets=(Target(document_id="docs:gold.md", **target),))
    with pytest.raises(GoldenError) as caught:
        check_places(GoldenSet(name="g", questions=(question,)), WordOverlapKnowledge([document]))
    assert message in str(caught.value)
    assert str(caught.value).startswith("g:4: question 'q'")


def test_places_in_unreadable_documents_are_left_to_the_misses():
    document = public_document("gold.md", "one", readers=())
    target = Target(document_id="docs:gold.md", lines=(9, 9))
    golden = GoldenSet(name="g", questions=(Question(id="q", text="x", place="g:1", targets=(target,)),))
    check_places(golden, WordOverlapKnowledge([document]))
