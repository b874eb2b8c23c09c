"""Answer checks: what is wrong with an answer is found, and what moved since an earlier check is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hybrid import Pipeline, Principal
from hybrid._cli.main import run
from hybrid.config import load_settings
from hybrid.contract import Contract, SupportReply
from hybrid.errors import ReplyError
from hybrid.evaluation.answers import AnswerReport, check_answers
from hybrid.evaluation.questions import Question, Target
from hybrid.evaluation.regression import compare_answers, load_earlier
from hybrid.types import Answer

TEXTS = {
    "refunds.md": "---\naccess: [public]\n---\n# Refunds\n\nRefunds are paid within 5 working days.\n",
    "repairs.md": "---\naccess: [public]\n---\n# Repairs\n\nA repair takes up to 3 weeks in the workshop.\n",
    "secret.md": "---\naccess: ['group:board']\n---\n# Merger\n\nThe merger is planned for autumn.\n",
}
GOLDEN = [
    {"id": "q1", "question": "When are refunds paid?", "relevant": [{"document": "refunds.md"}]},
    {"id": "q2", "question": "How long does a repair take?", "relevant": [{"document": "repairs.md"}]},
    {"id": "q3", "question": "When is the merger?", "answerable": False, "forbidden": ["secret.md"]},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "docs").mkdir()
    for name, text in TEXTS.items():
        (folder / "docs" / name).write_text(text, "utf-8")
    (folder / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in GOLDEN), "utf-8")
    (folder / "hybrid.toml").write_text(
        '[index]\npath = "index"\n[answer]\nmodel = "extractive"\n'
        '[[sources]]\ntype = "folder"\nname = "docs"\npath = "docs"\n'
    )
    assert run(["sync", "--config", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def pipeline(place: Path, tmp_path_factory: pytest.TempPathFactory):
    # Commands open the other one.
    copy = shutil.copytree(place, tmp_path_factory.mktemp("copy") / "shop")
    with Pipeline.from_settings(load_settings(copy / "hybrid.toml")) as opened:
        yield opened


Change = Callable[[Answer], Answer]


@pytest.fixture
def checked(pipeline: Pipeline) -> Callable[[Change], AnswerReport]:
    """Judge an answer to a question about refunds after a change."""
    question = Question(
        id="q1", text="When are refunds paid?", place="golden:1", targets=(Target(document_id="docs:refunds.md"),)
    )

    def check(change: Change) -> AnswerReport:
        def ask(text: str, principal: Principal) -> Answer:
            return change(pipeline.ask(text, principal=principal))

        return check_answers(
            pipeline.knowledge, [question], ask, Contract(SupportReply), lambda step, done, total: None
        )

    return check


def kinds(report: AnswerReport) -> list[str]:
    return [fault.kind for fault in report.outcomes[0].faults]


def test_a_true_answer_has_no_fault(checked) -> None:
    report = checked(lambda answer: answer)
    assert (kinds(report), report.failures, report.figures["right"]) == ([], (), 1.0)


def test_an_altered_quote_is_found(checked) -> None:
    def altered(answer: Answer) -> Answer:
        (first, *rest) = answer.citations
        return replace(answer, citations=(replace(first, quote=first.quote.replace("5", "9")), *rest))

    report = checked(altered)
    assert kinds(report) == ["citation"]
    assert report.failures == ("1 x citation, the first at question 'q1': [1] of docs:refunds.md: changed",)


def test_a_document_that_is_closed_is_a_leak(checked, pipeline: Pipeline) -> None:
    board = Principal(groups=frozenset({"board"}))
    seen = pipeline.search("When is the merger?", principal=board).passages
    leaked = tuple(passage for passage in seen if passage.document_id == "docs:secret.md")
    assert leaked
    report = checked(lambda answer: replace(answer, passages=(*answer.passages, *leaked)))
    assert kinds(report) == ["leak"]


def test_a_wrong_refusal_and_a_broken_reply_are_faults(checked) -> None:
    assert kinds(checked(lambda answer: replace(answer, status="refused", citations=(), data=None))) == ["refusal"]
    assert "format" in kinds(checked(lambda answer: replace(answer, data=None)))

    def broken(answer: Answer) -> Answer:
        raise ReplyError("the model's reply breaks the contract")

    report = checked(broken)
    assert (kinds(report), report.outcomes[0].status) == (["no answer"], "failed")
    assert report.figures["format_kept"] == 0.0


def check(place: Path, *options: str) -> int:
    return run(["check", str(place / "golden.jsonl"), "--config", str(place), "--min-recall", "0.5", *options])


def test_one_command_checks_all_and_names_what_moved(place: Path, tmp_path: Path, capsys) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    pages = ["--html", str(tmp_path / "check.html"), "--junit", str(tmp_path / "check.xml")]
    assert check(place, "--json", str(first), *pages) == 0
    report = json.loads(first.read_text("utf-8"))
    assert (report["passed"], report["model"]) == (True, "extractive-3")
    assert report["answers"]["figures"]["citations_stand"] == 1.0
    suites = {each.get("name"): each.get("tests") for each in ElementTree.parse(tmp_path / "check.xml").getroot()}
    assert suites["answers"] == "3"
    assert "<h2>Answers</h2>" in (tmp_path / "check.html").read_text("utf-8")
    # How busy this machine is decides nothing.
    patient = ["--baseline", str(first), "--slower", "1000"]
    assert check(place, *patient, "--json", str(second)) == 0
    # What refuses everything keeps recall, citations and format, and answers nothing.
    toml = (place / "hybrid.toml").read_text("utf-8").replace("[answer]", "[answer]\nrefuse_below = 1.0")
    (place / "strict.toml").write_text(toml, "utf-8")
    capsys.readouterr()
    arguments = ["check", str(place / "golden.jsonl"), "--config", str(place / "strict.toml"), "--min-recall", "0.5"]
    assert run([*arguments, *patient]) == 1
    captured = capsys.readouterr()
    assert "answered went from" in captured.err
    assert "newly wrong: q1" in captured.err


def test_input_that_cannot_be_scored_is_named(place: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "other.json").write_text('{"version": 1}', "utf-8")
    assert check(place, "--baseline", str(tmp_path / "other.json")) == 2
    assert "not a report of hybrid check" in capsys.readouterr().err
    assert check(place, "--model", "no-such-model") == 2
    assert "model 'no-such-model' is unknown" in capsys.readouterr().err


def test_only_shared_questions_are_compared(checked, tmp_path: Path, place: Path) -> None:
    assert check(place, "--json", str(tmp_path / "base.json")) == 0
    earlier = load_earlier(tmp_path / "base.json")
    found = compare_answers(replace(earlier, faults={"other": frozenset({"leak"})}), checked(lambda answer: answer))
    assert (found.newly_wrong, found.newly_right) == ({}, ())
