from __future__ import annotations

import pytest

from hybrid.evaluation.leaks import find_leaks
from hybrid.evaluation.retrieval import run_questions
from hybrid.testing.knowledge import WordOverlapKnowledge
from hybrid.types import ANONYMOUS, Answer, Citation, Principal

ANA, LEGAL = Principal(user="ana"), Principal(groups=frozenset({"legal"}))
ROWS = (
    {"question": "When does the contract end", "as": {"groups": ["legal"]}, "relevant": [{"document": "contract"}]},
    {"question": "When do salaries rise", "answerable": False, "forbidden": ["salaries"]},
    {"question": "When do salaries rise", "as": {"user": "ana"}, "relevant": [{"document": "salaries"}]},
)


def ignore(*step: object) -> None:
    pass


def matrix_of(knowledge, golden, ask=None, progress=ignore):
    return find_leaks(knowledge, run_questions(knowledge, golden.questions, ignore), ask, progress)


def test_sound_knowledge_withholds_what_is_closed_and_leaks_nothing(knowledge, golden):
    matrix = matrix_of(knowledge, golden(*ROWS))
    assert matrix.leaks == ()
    assert {row.principal: row.cells for row in matrix.rows} == {
        LEGAL: ("open", "withheld", "withheld"),
        ANONYMOUS: ("withheld", "withheld", "withheld"),
        ANA: ("withheld", "open", "open"),
    }
    assert [row.readable for row in matrix.rows] == [3, 2, 3]
    assert matrix.cells == 9


class LeakySearch(WordOverlapKnowledge):
    """Searches as if everyone were Ana."""

    def search(self, question, *, principal, limit=10, narrowing=None, moment=None):
        return super().search(question, principal=ANA, limit=limit)


class LeakyPreview(WordOverlapKnowledge):
    """Opens every document as if Ana asked."""

    def document(self, document_id, *, principal):
        return super().document(document_id, principal=ANA)


@pytest.mark.parametrize(("kind", "where"), [(LeakySearch, "passage"), (LeakyPreview, "preview")])
def test_a_leak_is_named_with_question_principal_document_and_place(documents, golden, kind, where):
    leaky = kind(documents)
    matrix = matrix_of(leaky, golden(*ROWS))
    assert {leak.where for leak in matrix.leaks} == {where}
    assert {(leak.principal, leak.document_id) for leak in matrix.leaks} == {
        (LEGAL, "docs:staff/salaries.md"),
        (ANONYMOUS, "docs:staff/salaries.md"),
    }
    assert "leak" not in next(row for row in matrix.rows if row.principal == ANA).cells


def test_a_citation_of_a_closed_document_is_a_leak(knowledge, golden):
    def ask(question: str, principal: Principal) -> Answer:
        stored = knowledge.document("docs:staff/salaries.md", principal=ANA)
        cited = Citation(
            marker=1, document_id=stored.document_id, uri="", title="", version=stored.version, lines=(1, 1), page=None,
            start=0, end=1, quote="S", verified=True,
        )  # fmt: skip
        return Answer(question=question, status="answered", text="[1]", citations=(cited,))

    leaks = matrix_of(knowledge, golden(*ROWS), ask).leaks
    assert {leak.where for leak in leaks} == {"citation"}
    assert len(leaks) == 6, "three questions, each shown to two principals"


def test_what_a_row_forbids_is_a_leak_even_where_the_access_list_allows_it(knowledge, golden):
    row = {"question": "How long do refunds take", "answerable": False, "forbidden": ["refunds"]}
    relevant = {"question": "How long do refunds take", "as": {"user": "ana"}, "relevant": [{"document": "refunds"}]}
    leaks = matrix_of(knowledge, golden(row, relevant)).leaks
    assert {(leak.question.id, leak.principal, leak.where) for leak in leaks} == {
        ("q1", ANONYMOUS, "passage"),
        ("q1", ANONYMOUS, "preview"),
    }


def test_progress_counts_every_pair(knowledge, golden):
    steps: list[tuple[str, int, int]] = []
    matrix_of(knowledge, golden(*ROWS), progress=lambda *step: steps.append(step))
    assert steps == [("leaks", done, 9) for done in range(1, 10)]
