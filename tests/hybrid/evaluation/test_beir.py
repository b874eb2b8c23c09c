from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from hybrid.errors import GoldenError
from hybrid.evaluation.beir import load_beir
from hybrid.types import Principal

IDS = ["docs:d1", "docs:sub/d2.md", "docs:d3"]
QUERIES = ({"_id": "q1", "text": "one", "metadata": {}}, {"id": 2, "text": "two"})


@pytest.fixture
def load(write_rows):
    def run(qrels: str, queries=QUERIES, **options):
        return load_beir(
            write_rows(*queries, name="queries.jsonl"), write_rows(qrels, name="qrels.tsv"), IDS, **options
        )

    return run


@pytest.mark.parametrize(
    "qrels",
    [
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq1\td3\t0\n2\tdocs:d3\t1\n",
        "q1 d1 2\r\nq1 d2 1\r\n2 d3 1\r\n",
        "q1 0 d1 2\nq1 0 d2 1\nq1 0 d3 -1\n2 0 d3 1",
    ],
    ids=["header", "plain", "trec"],
)
def test_graded_judgements_are_read_from_every_shape(load, qrels):
    golden = load(qrels)
    assert {question.id: dict(question.relevant) for question in golden.questions} == {
        "q1": {"docs:d1": 2, "docs:sub/d2.md": 1},
        "2": {"docs:d3": 1},
    }


def test_everybody_asks_as_the_given_principal(load):
    ana = Principal(user="ana")
    assert {question.principal for question in load("q1 d1 1\n2 d1 1", principal=ana).questions} == {ana}


@pytest.mark.parametrize("qrels", ["q1\td1\t1\n", "q1\td1\t1\n2\td1\t0\n"], ids=["unjudged", "judged irrelevant"])
def test_a_query_without_ground_truth_is_an_error_unless_left_out_on_purpose(load, qrels):
    with pytest.raises(
        GoldenError, match=r"queries\.jsonl:2: query '2' has no relevant document.*1 of 2.*--judged-only"
    ):
        load(qrels)
    golden = load(qrels, judged_only=True)
    assert [question.id for question in golden.questions] == ["q1"]
    assert golden.left_out == 1


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("q1\td1\t1\nq9\td1\t1", "qrels.tsv:2: query 'q9' has no text"),
        ("q1\td1\t1\nq1\td9\t1", "qrels.tsv:2: unknown document 'd9'; "),
        ("q1\td1\t1\n2\td1\thigh", "qrels.tsv:2: score 'high' is not a whole number"),
        ("q1\td1\thigh\n2\td1\t1", "qrels.tsv:1: score 'high' is not a whole number"),
        ("q1\td1\t1\n2\td1", "qrels.tsv:2: expected 'query-id corpus-id score', got 2 fields"),
        ("q1\td1\t1\nq1\td1\t2\n2\td1\t1", "qrels.tsv:2: 'q1' judges 'd1' twice"),
        ("", "qrels.tsv: the file is empty"),
        ("query-id\tcorpus-id\tscore\n", "has no relevant document"),
    ],
)
def test_faulty_judgements_are_named(load, qrels, message):
    with pytest.raises(GoldenError, match=re.escape(message)):
        load(qrels)


def test_nothing_judged_at_all_is_an_error_even_when_leaving_out(load):
    with pytest.raises(GoldenError, match="no query has a relevant document"):
        load("q1\td1\t0", judged_only=True)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (({"id": "q1", "text": "a"}, {"_id": "q1", "text": "b"}), "query id 'q1' is already used at"),
        (({"id": "q1"},), "queries.jsonl:1: field 'text' is missing"),
        (({"text": "a"},), "queries.jsonl:1: field '_id' is missing"),
        (({"id": "q1", "text": " "},), "queries.jsonl:1: text: "),
    ],
)
def test_faulty_queries_are_named(load, queries, message):
    with pytest.raises(GoldenError, match=re.escape(message)):
        load("q1\td1\t1", queries)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["direct", "needle", "realistic"])
def test_the_shared_question_sets_load_without_any_option(shared_data: Path, name: str):
    folder = shared_data / "k8s-docs"
    ids = [f"docs:{path.relative_to(folder / 'docs').as_posix()}" for path in (folder / "docs").rglob("*.md")]
    golden = load_beir(folder / f"queries_{name}.jsonl", folder / f"qrels_{name}.tsv", ids)
    assert len(golden.questions) == {"direct": 200, "needle": 40, "realistic": 200}[name]
    assert Counter(len(question.relevant) for question in golden.questions) == {1: len(golden.questions)}
