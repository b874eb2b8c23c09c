"""The review desk in a terminal: on the records of a server, whether or not one is running."""

import json
import re
import shlex
from pathlib import Path

import pytest

from hybrid.pipeline import Pipeline
from hybrid.server.records import Records
from hybrid.types import Principal

REFUND, MOON, ACME = "a" * 32, "b" * 32, "c" * 32
SETTINGS = """
[server.review]
golden = "golden.jsonl"
rows = "rows.jsonl"
"""


@pytest.fixture
def reviewed(synced):
    """A project whose server answered three questions, none of them to anybody's liking."""
    with (synced / "hybrid.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    records = Records(synced / ".hybrid-server")
    asked = {
        REFUND: ("When are refunds paid?", Principal(user="chloe", groups=frozenset({"customers"}))),
        MOON: ("How far is the moon? Mail chloe@example.com", Principal(user="chloe")),
        ACME: ("When does the contract with Acme end?", Principal(user="greta", groups=frozenset({"legal"}))),
    }
    with Pipeline.from_config(synced / "hybrid.toml") as pipeline:
        for trace_id, (question, principal) in asked.items():
            answer = pipeline.ask(question, principal=principal)
            records.answered(trace_id, "key", principal, answer)
            records.rate(trace_id, "key", "down", "wrong")
    records.close()
    return synced


def test_cases_are_listed_without_what_one_may_not_read(cli, reviewed):
    done = cli("review", "list", "--config", reviewed)
    assert done.code == 0, done
    assert "aaaaaaaa  When are refunds paid?" in done.out
    assert "docs:refunds.md:3-3 (cited)" in done.out
    assert "contract.md" not in done.out
    assert "chloe" not in done.out.replace("chloe@example.com", "")
    assert "contract.md" in cli("review", "list", "--group", "legal", "--config", reviewed).out
    fields = cli("review", "list", "--json", "--config", reviewed).json
    assert {case["trace_id"] for group in fields for case in group} == {REFUND, MOON, ACME}
    assert all("user" not in case for group in fields for case in group)


def test_a_case_becomes_a_golden_question_and_is_decided(cli, reviewed):
    done = cli("review", "golden", "aaaa", "--place", "0", "--config", reviewed)
    assert (done.code, done.err) == (0, "")
    row = json.loads((reviewed / "golden.jsonl").read_text("utf-8"))
    assert (row["question"], row["as"], row["relevant"]) == (
        "When are refunds paid?",
        {"groups": ["customers"]},
        [{"document": "docs:refunds.md", "lines": [3, 3]}],
    )
    assert "aaaaaaaa" not in cli("review", "list", "--config", reviewed).out
    assert "golden by an operator" in cli("review", "list", "--decided", "--config", reviewed).out
    assert cli("recall-check", reviewed / "golden.jsonl", "--config", reviewed).code == 0


def test_personal_data_is_taken_out_and_that_is_said(cli, reviewed):
    done = cli("review", "row", "bbbb", "--config", reviewed)
    assert "personal data was taken out" in done.err
    row = json.loads((reviewed / "rows.jsonl").read_text("utf-8"))
    assert "example.com" not in row["question"]
    assert (row["decision"], row["reply"]["status"]) == ("open", "refused")


@pytest.mark.parametrize("command", ["missing", "dismiss"])
def test_a_decision_is_kept_and_can_be_taken_back(cli, reviewed, command):
    assert cli("review", command, "bbbb", "--note", "not ours", "--config", reviewed).code == 0
    assert "not ours" in cli("review", "list", "--decided", "--config", reviewed).out
    assert cli("review", "reopen", "bbbb", "--config", reviewed).code == 0
    assert "bbbbbbbb" in cli("review", "list", "--config", reviewed).out


def test_a_report_is_written(cli, reviewed):
    cli("review", "missing", "bbbb", "--config", reviewed)
    assert cli("review", "report", reviewed / "week.html", "--config", reviewed).code == 0
    page = (reviewed / "week.html").read_text("utf-8")
    assert "When are refunds paid?" in page
    assert "Documents that are missing" in page


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["golden", "ffff"], "no case begins with 'ffff'; hybrid review list shows their ids"),
        (["golden", "cccc", "--place", "0"], "place 0 is not there any more as it was; choose another, or ask again"),
    ],
)
def test_wrong_use_is_named(cli, reviewed, arguments, error):
    assert cli("review", *arguments, "--config", reviewed).error == error
    assert not (reviewed / "golden.jsonl").exists()


def test_without_a_server_there_is_nothing_to_review(cli, synced: Path):
    assert cli("review", "list", "--config", synced).out == "nothing waits\n"


def test_the_commands_and_settings_of_the_page_are_true(cli, reviewed):
    page = (Path(__file__).parents[3] / "docs" / "review.md").read_text("utf-8")
    (settings,), (commands,) = (re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("toml", "sh"))
    config = reviewed / "hybrid.toml"
    config.write_text(config.read_text("utf-8").replace(SETTINGS, settings), "utf-8")
    # The page's cases are those of a shop; here the same decisions are taken on three of our own.
    ours = {"3f2a9c01": "aaaa", "77b0d4aa": "bbbb", "9e10cc52": "cccc"}
    for line in commands.splitlines():
        words = [ours.get(word, word) for word in shlex.split(line, comments=True)[1:]]
        assert words[0] == "review"
        assert cli(*words, "--config", reviewed).code == 0, line
    assert Path("week.html").is_file()
    assert json.loads((reviewed / "golden.jsonl").read_text("utf-8"))["question"] == "When are refunds paid?"
    assert (reviewed / "voices" / "from-review.jsonl").is_file()
