from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hybrid.evaluation.baseline import load_baseline
from hybrid.evaluation.check import recall_check
from hybrid.evaluation.questions import GoldenSet, Question, Target
from hybrid.evaluation.report.html_page import render_html
from hybrid.evaluation.report.json_file import render_json
from hybrid.evaluation.report.junit import render_junit
from hybrid.evaluation.report.terminal import render_terminal
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import Access, Answer

ROWS = (
    {"question": "How long do refunds", "relevant": [{"document": "refunds", "lines": [2, 4]}], "tags": ["direct"]},
    {"question": "What does the team plan cost", "relevant": [{"document": "plans"}], "tags": ["direct", "money"]},
    {"question": "When does the contract end", "relevant": [{"document": "contract"}], "tags": ["money"]},
    {"question": "When do salaries rise", "as": {"user": "ben", "groups": ["staff"]}, "answerable": False,
     "forbidden": ["salaries"]},
)  # fmt: skip


def ask_of(knowledge):
    def ask(question, principal):
        passages = knowledge.search(question, principal=principal).passages
        support = 0.1 if "salaries" in question else 0.9
        return Answer(question=question, status="answered", text="", passages=passages, support=support)

    return ask


def fixed(report):
    return replace(
        report,
        created=datetime(2026, 8, 1, 12, 30, tzinfo=UTC),
        timings={"search_p50": 0.0032, "search_p95": 0.0121, "total": 1.5},
    )


@pytest.fixture
def failing(knowledge, golden, tmp_path):
    """A report with everything in it: misses, a lost place, refusals, tags and a baseline that was better."""
    good = json.loads(render_json(recall_check(knowledge, golden(*ROWS), ask=ask_of(knowledge))))
    good["per_question"][2]["scores"] = dict.fromkeys(good["metrics"], 1.0)
    path = tmp_path / "base.json"
    path.write_text(json.dumps(good))
    report = recall_check(
        knowledge,
        golden(*ROWS),
        ask=ask_of(knowledge),
        baseline=load_baseline(path),
        config={"embedder": "word overlap"},
    )
    return fixed(report)


@pytest.fixture
def leaking(documents, golden):
    opened = [replace(document, access=Access(readers=("public",))) for document in documents]
    return fixed(recall_check(WordOverlapKnowledge(opened), golden(*ROWS)))


def test_the_terminal_shows_everything_and_the_verdict_last(failing):
    assert render_terminal(failing) == SNAPSHOT


SNAPSHOT = """\
Recall check of golden.jsonl
4 questions, 1 of them unanswerable, search 3.2 ms at the median

metric               mean   95 % interval
──────────────────────────────────────────
recall@5            0.667   0.000 to 1.000
recall@10           0.667   0.000 to 1.000
mrr@10              0.667   0.000 to 1.000
ndcg@10             0.667   0.000 to 1.000
passage recall@5    0.000   1 golden place
passage recall@10   0.000   1 golden place

tag      questions   recall@5   recall@10   mrr@10   ndcg@10
────────────────────────────────────────────────────────────
direct           2      1.000       1.000    1.000     1.000
money            2      0.500       0.500    0.500     0.500

1 document not among the first 5: 1 not permitted
missed by   lost            expected
──────────────────────────────────────────────────
q3          not permitted   docs:legal/contract.md
1 golden place of a found document not whole in a passage: 1 cut by chunking

No leaks in 8 pairs of question and principal (2 principals)

Refuse below a support of 0.5000, the best with at most 5 % false refusals
refusal            unanswerable refused   answerable refused
────────────────────────────────────────────────────────────
below 0.5000                      100 %                  0 %
as it is set now                    0 %                  0 %

Compared with base.json on 3 shared questions
against the baseline   before     now   change
──────────────────────────────────────────────
recall@5                1.000   0.667   -0.333
recall@10               1.000   0.667   -0.333
mrr@10                  1.000   0.667   -0.333
ndcg@10                 1.000   0.667   -0.333
true refusals           1.000   1.000    0.000
false refusals          0.000   0.000    0.000
  newly missed: q3

FAILED  recall@5 is 0.6667, below 0.8
        recall@5 went from 1.0000 to 0.6667 against base.json
        recall@10 went from 1.0000 to 0.6667 against base.json
        mrr@10 went from 1.0000 to 0.6667 against base.json
        ndcg@10 went from 1.0000 to 0.6667 against base.json
"""


def test_the_terminal_names_leaks(leaking):
    shown = render_terminal(leaking)
    assert "2 leaks in 8 pairs of question and principal (2 principals)" in shown
    assert re.search(r"q4 +ben \(staff\) +docs:staff/salaries.md +preview", shown)
    assert shown.rstrip().endswith("FAILED  2 leaks, the first 'docs:staff/salaries.md' by question 'q4'")


def test_a_passing_check_says_so(knowledge, golden):
    shown = render_terminal(recall_check(knowledge, golden(ROWS[1])))
    assert shown.rstrip().endswith("PASSED  recall@5 1.000, at least 0.8")
    assert "No leaks in 1 pair" in shown


def test_the_json_has_the_promised_fields(failing):
    fields = json.loads(render_json(failing))
    assert list(fields["metrics"]) == ["recall@5", "recall@10", "mrr@10", "ndcg@10"]
    assert (fields["questions"], fields["answerable"]) == (4, 3)
    assert fields["misses"][0] == {
        "id": "q3",
        "question": "When does the contract end",
        "principal": "anonymous",
        "expected": "docs:legal/contract.md",
        "kind": "document",
        "place": "",
        "stage": "not permitted",
        "ranks": {},
        "found": ["docs:help/plans.md", "docs:help/refunds.md"],
    }
    assert fields["leaks"] == []
    assert fields["refusal"]["true_refusals"] == 1
    assert fields["refusal"]["false_refusals"] == 0
    assert fields["intervals"]["recall@5"][0] <= fields["metrics"]["recall@5"] <= fields["intervals"]["recall@5"][1]
    assert fields["config"] == {"min_recall": 0.8, "k": 5, "resamples": 2000, "seed": 20, "embedder": "word overlap"}
    assert fields["by_tag"]["money"]["questions"] == 2
    assert [row["id"] for row in fields["per_question"]] == ["q1", "q2", "q3", "q4"]


def test_the_json_names_leaks(leaking):
    assert json.loads(render_json(leaking))["leaks"][0] == {
        "id": "q4",
        "question": "When do salaries rise",
        "principal": "ben (staff)",
        "document": "docs:staff/salaries.md",
        "where": "passage",
    }


def test_junit_has_a_case_for_each_question_and_one_for_the_verdict(failing):
    root = ElementTree.fromstring(render_junit(failing))
    verdict, questions = root.findall("testsuite")
    assert (verdict.get("tests"), verdict.get("failures")) == ("1", "1")
    assert (questions.get("tests"), questions.get("failures")) == ("4", "1")
    (failed,) = [case for case in questions if case.find("failure") is not None]
    assert failed.get("name") == "q3: When does the contract end"
    assert failed.find("failure").get("message") == "docs:legal/contract.md is not among the first 5: not permitted"


class Page(HTMLParser):
    """Collects what could load something or run, and whether tags are balanced."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_is_one_file_that_loads_nothing_and_runs_nothing(failing):
    text = render_html(failing)
    page = Page(text)
    assert page.open == []
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert not any(name in ("src", "href") or name.startswith("on") for name, _ in page.attributes)
    assert "http" not in re.sub(r'http-equiv="|url\(#', "", text)
    assert "@import" not in text


def test_the_page_shows_verdict_plots_misses_and_baseline(failing):
    page = Page(render_html(failing))
    shown = " ".join("".join(page.text).split())
    assert "Failed" in shown
    assert "recall@5 went from 1.0000 to 0.6667 against base.json" in shown
    assert "docs:legal/contract.md" in shown
    assert "not permitted 1" in shown
    assert "Newly missed: q3" in shown
    assert "Refuse below 0.5000" in shown or "refuse below 0.5000" in shown
    assert {"polyline", "polygon", "rect", "circle"} <= page.tags


def test_the_page_shows_leaks_in_the_matrix(leaking):
    text = render_html(leaking)
    assert 'class="leak"' in text
    assert Page(text).open == []


def test_the_page_of_many_questions_leaves_out_the_cells(knowledge):
    target = Target(document_id="docs:help/refunds.md")
    many = tuple(Question(id=f"q{n}", text="refunds", place="g:1", targets=(target,)) for n in range(301))
    assert 'class="matrix"' not in render_html(recall_check(knowledge, GoldenSet(name="g", questions=many)))


hostile = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", "]]>", "&amp;", "\x1b[31mred", "[bold]x[/bold]", "[/]", "\x00\ufffe", "{{ 7 * 7 }}"]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=hostile, name=hostile)
def test_no_text_breaks_a_report_or_steers_who_reads_it(text, name):
    documents = [public_document(name, "words"), public_document("other", "other")]
    lost, found = Target(document_id=f"docs:{name}"), Target(document_id="docs:other")
    questions = (
        Question(id=text, text=f"{text} other", place="g:1", targets=(lost,), tags=(text,)),
        Question(id="sound", text="other", place="g:2", targets=(found,)),
    )
    report = recall_check(WordOverlapKnowledge(documents), GoldenSet(name=name, questions=questions))
    assert json.loads(render_json(report))["per_question"][0]["id"] == text
    ElementTree.fromstring(render_junit(report))
    page = Page(render_html(report))
    assert page.open == []
    assert "script" not in page.tags
    shown = render_terminal(report)
    assert "\x1b" not in shown
    assert "\x00" not in shown
