from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hybrid.errors import CheckFailed, ConfigError, GoldenError
from hybrid.evaluation.baseline import load_baseline
from hybrid.evaluation.check import recall_check
from hybrid.evaluation.questions import GoldenSet
from hybrid.evaluation.report.json_file import render_json, report_fields
from hybrid.testing.knowledge import WordOverlapKnowledge
from hybrid.types import Answer

FOUND = {"question": "How long do refunds take", "relevant": [{"document": "refunds", "lines": [3, 4]}], "tags": ["a"]}
PLANS = {
    "question": "What plan costs ten euros",
    "relevant": [{"document": "plans"}, {"document": "refunds"}],
    "tags": ["b"],
}
CLOSED = {"question": "When does the contract end", "relevant": [{"document": "contract"}], "tags": ["b"]}
UNANSWERABLE = {"question": "When do salaries rise", "answerable": False, "forbidden": ["salaries"]}


def by_passage(knowledge):
    def ask(question, principal):
        passages = knowledge.search(question, principal=principal).passages
        support = passages[0].scores.dense if passages else 0.0
        return Answer(question=question, status="answered", text="", passages=passages, support=support)

    return ask


def test_means_misses_tags_and_places_of_a_small_check(knowledge, golden):
    report = recall_check(knowledge, golden(FOUND, CLOSED, PLANS), min_recall=0.5)
    assert report.metrics["recall@5"].value == pytest.approx((1 + 0 + 1 / 2) / 3)
    assert report.metrics["recall@5"].interval.low <= report.metrics["recall@5"].value
    assert [(miss.question.id, miss.expected, miss.stage) for miss in report.missed_documents] == [
        ("q2", "docs:legal/contract.md", "not permitted"),
        ("q3", "docs:help/refunds.md", "not found"),
    ]
    assert report.by_tag["b"].questions == 2
    assert report.by_tag["b"].metrics["recall@5"] == 0.25
    assert (report.passages.targets, report.passages.at["recall@5"]) == (1, 1)
    assert [figure.value for figure in report.curve] == [pytest.approx(0.5)] * 20
    assert report.passed
    report.require_passed()


def test_recall_below_the_limit_fails_and_at_the_limit_passes(knowledge, golden):
    rows = golden(FOUND, CLOSED)
    assert recall_check(knowledge, rows, min_recall=0.5).passed
    report = recall_check(knowledge, rows, min_recall=0.51)
    assert report.failures == ("recall@5 is 0.5000, below 0.51",)
    with pytest.raises(CheckFailed, match=r"golden\.jsonl failed: recall@5 is 0\.5000") as caught:
        report.require_passed()
    assert caught.value.exit_code == 1


def test_a_leak_fails_the_check_whatever_the_recall(documents, golden):
    opened = [replace(document, access=documents[0].access) for document in documents]
    report = recall_check(WordOverlapKnowledge(opened), golden(FOUND, UNANSWERABLE))
    assert report.metrics["recall@5"].value == 1
    assert report.failures == ("2 leaks, the first 'docs:staff/salaries.md' by question 'q2'",)


def test_refusals_are_calibrated_where_someone_answers_and_something_is_unanswerable(knowledge, golden):
    ask = by_passage(knowledge)
    report = recall_check(knowledge, golden(FOUND, UNANSWERABLE), ask=ask)
    assert report.refusal.rates.true_refusals == 1
    assert report_fields(report)["refusal"]["false_refusals"] == 0
    assert recall_check(knowledge, golden(FOUND, UNANSWERABLE)).refusal is None
    assert recall_check(knowledge, golden(FOUND), ask=ask).refusal is None


def test_each_question_is_answered_once_for_each_principal(knowledge, golden):
    asked: list[object] = []

    def ask(question, principal):
        asked.append((question, principal))
        return by_passage(knowledge)(question, principal)

    recall_check(knowledge, golden(FOUND, {**UNANSWERABLE, "as": {"user": "ben"}}), ask=ask)
    assert len(asked) == len(set(asked)) == 4


def test_nothing_answerable_and_a_senseless_limit_are_named(knowledge, golden):
    with pytest.raises(GoldenError, match=r"golden\.jsonl: no answerable question"):
        recall_check(knowledge, golden(UNANSWERABLE))
    with pytest.raises(GoldenError, match="no answerable question"):
        recall_check(knowledge, GoldenSet(name="empty", questions=()))
    with pytest.raises(ConfigError, match="min_recall is 80"):
        recall_check(knowledge, golden(FOUND), min_recall=80)


@pytest.fixture
def baseline_of(tmp_path):
    def write(report, **changes):
        path = tmp_path / "base.json"
        path.write_text(json.dumps({**json.loads(render_json(report)), **changes}))
        return load_baseline(path)

    return write


def test_a_report_equals_itself_as_baseline(knowledge, golden, baseline_of):
    rows, ask = golden(FOUND, PLANS, UNANSWERABLE), by_passage(knowledge)
    first = recall_check(knowledge, rows, ask=ask, min_recall=0)
    comparison = recall_check(knowledge, rows, ask=ask, min_recall=0, baseline=baseline_of(first)).comparison
    assert [change.after - change.before for change in comparison.changes] == [0] * 6
    assert comparison.newly_missed == comparison.newly_found == ()


def test_a_step_back_fails_and_names_what_moved(knowledge, documents, golden, baseline_of):
    base = baseline_of(recall_check(knowledge, golden(FOUND, PLANS), min_recall=0))
    closed = [replace(d, access=documents[2].access) if "refunds" in d.path else d for d in documents]
    report = recall_check(WordOverlapKnowledge(closed), golden(FOUND, PLANS), min_recall=0, baseline=base)
    assert report.comparison.newly_missed == ("q1",)
    assert report.failures[0] == "recall@5 went from 0.7500 to 0.2500 against base.json"
    back = recall_check(knowledge, golden(FOUND, PLANS), min_recall=0, baseline=baseline_of(report))
    assert back.passed
    assert back.comparison.newly_found == ("q1",)


def test_only_shared_questions_are_compared(knowledge, golden, baseline_of):
    base = baseline_of(recall_check(knowledge, golden(FOUND, CLOSED), min_recall=0))
    report = recall_check(knowledge, golden(FOUND, {**PLANS, "id": "new"}), min_recall=0, baseline=base)
    assert (report.comparison.questions, report.comparison.added, report.comparison.removed) == (1, 1, 1)
    assert report.passed
    with pytest.raises(GoldenError, match="no question id in common"):
        recall_check(knowledge, golden({**FOUND, "id": "other"}), baseline=base)


def test_more_false_refusals_are_a_step_back(knowledge, golden, baseline_of):
    rows, ask = golden(FOUND, PLANS, UNANSWERABLE), by_passage(knowledge)
    first = recall_check(knowledge, rows, ask=ask, min_recall=0)
    base = baseline_of(first, refusal={"true_refusals": 0.0, "false_refusals": -0.02})
    failures = recall_check(knowledge, rows, ask=ask, min_recall=0, baseline=base).failures
    assert failures == ("false_refusals went from -0.0200 to 0.0000 against base.json",)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{}", "not a report"), ("no json", "not a report"), ('{"version": 1, "per_question": []}', "not a report")],
)
def test_a_file_that_is_no_report_is_named(tmp_path, content, message):
    path = tmp_path / "base.json"
    path.write_text(content)
    with pytest.raises(GoldenError, match=message):
        load_baseline(path)


def test_a_missing_and_a_newer_baseline_are_named(tmp_path, knowledge, golden, baseline_of):
    with pytest.raises(GoldenError, match="baseline cannot be read"):
        load_baseline(tmp_path / "none.json")
    with pytest.raises(GoldenError, match="report version 99 is newer than 1"):
        baseline_of(recall_check(knowledge, golden(FOUND)), version=99)


def test_an_unknown_moment_does_not_change_figures(knowledge, golden):
    first, second = (report_fields(recall_check(knowledge, golden(FOUND, CLOSED))) for _ in range(2))
    for fields in (first, second):
        del fields["created"], fields["timings"]
        for row in fields["per_question"]:
            del row["seconds"]
    assert first == second
