from __future__ import annotations

from dataclasses import replace

import pytest

from hybrid.evaluation.questions import Question, Target
from hybrid.evaluation.retrieval import DEPTH, FIRST_LIMIT, run_question, run_questions
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document

CROWD = "\n\n".join(["needle needle"] * 3 * FIRST_LIMIT)


def question(document_id: str, **target) -> Question:
    return Question(id="q", text="needle", place="g:1", targets=(Target(document_id=document_id, **target),))


def test_a_document_counts_once_however_many_of_its_passages_come_first():
    knowledge = WordOverlapKnowledge(
        [public_document("crowd.md", CROWD), public_document("single.md", "needle hay hay hay")]
    )
    outcome = run_question(knowledge, question("docs:single.md"))
    assert outcome.documents == ("docs:crowd.md", "docs:single.md")
    assert outcome.scores["mrr@10"] == 1 / 2
    assert outcome.scores["recall@5"] == 1


def test_no_more_is_searched_than_twenty_documents_need():
    documents = [public_document(f"d{number:02}.md", "needle" + " hay" * number) for number in range(FIRST_LIMIT + 5)]
    limits: list[int] = []

    class Recording(WordOverlapKnowledge):
        def search(self, question, **options):
            limits.append(options["limit"])
            return super().search(question, **options)

    outcome = run_question(Recording(documents), question("docs:d19.md"))
    assert limits == [FIRST_LIMIT]
    assert len(outcome.documents) == DEPTH
    assert len(outcome.shown) == FIRST_LIMIT


def test_a_deeper_search_adds_documents_and_leaves_the_order_that_users_see():
    class Fickle(WordOverlapKnowledge):
        def search(self, question, **options):
            found = super().search(question, **options)
            return found if options["limit"] == FIRST_LIMIT else replace(found, passages=found.passages[::-1])

    documents = [public_document("crowd.md", CROWD), *(public_document(f"d{n}.md", "needle hay") for n in range(3))]
    outcome = run_question(Fickle(documents), question("docs:d0.md"))
    assert outcome.documents == ("docs:crowd.md", "docs:d2.md", "docs:d1.md", "docs:d0.md")


def test_what_the_principal_may_not_read_is_not_found():
    knowledge = WordOverlapKnowledge([public_document("closed.md", "needle", readers=("group:legal",))])
    outcome = run_question(knowledge, question("docs:closed.md"))
    assert outcome.documents == ()
    assert outcome.scores == {"recall@5": 0, "recall@10": 0, "mrr@10": 0, "ndcg@10": 0}
    assert outcome.top_score == 0


@pytest.mark.parametrize(
    ("target", "depth"),
    [
        ({"lines": (3, 3)}, 1),
        ({"lines": (1, 3)}, None),
        ({"quote": "needle\n here"}, 1),
        ({"quote": "needle there"}, None),
        ({"lines": (1, 1), "quote": "needle here"}, None),
    ],
)
def test_a_golden_place_is_covered_where_one_passage_holds_it_whole(target, depth):
    knowledge = WordOverlapKnowledge([public_document("a.md", "first\n\nneedle here\n\nlast")])
    assert run_question(knowledge, question("docs:a.md", **target)).covered_at == (depth,)


def test_lines_count_in_the_original_file():
    document = replace(public_document("a.md", "needle"), first_line=7)
    assert run_question(WordOverlapKnowledge([document]), question("docs:a.md", lines=(7, 7))).covered_at == (1,)


def test_unanswerable_questions_run_without_scores_and_progress_reports_each():
    knowledge = WordOverlapKnowledge([public_document("a.md", "needle")])
    steps: list[tuple[str, int, int]] = []
    unanswerable = Question(id="u", text="needle", place="g:2", answerable=False)
    outcomes = run_questions(knowledge, [question("docs:a.md"), unanswerable], lambda *step: steps.append(step))
    assert outcomes[1].scores == {}
    assert outcomes[1].shown == {"docs:a.md"}
    assert steps == [("questions", 1, 2), ("questions", 2, 2)]
