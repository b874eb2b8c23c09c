import json
from pathlib import Path

import pytest

REPLY = {"status": "refused", "opening": "Sorry.", "evidence": [], "closing": ""}
MOON = {"id": "moon", "question": "How far is the moon?", "reply": REPLY, "era": "2026-06", "author": "ana"}
SEA = {**MOON, "id": "sea", "question": "Which sea is the deepest one?", "reviewer": "ben", "decision": "approved"}


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYBRID_CONFIG", raising=False)

    def write(*rows, name="rows.jsonl"):
        Path(name).write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return name

    return write


def test_clean_rows_need_no_configuration(cli, write):
    done = cli("data", "check", write(MOON, SEA), "--html", "report.html")
    assert (done.code, done.err) == (0, "")
    head, _, decision, *_ = done.out.splitlines()
    assert head == "2 rows, 1 approved: nothing to mend"
    assert decision.split(maxsplit=1) == ["decision", "open 1, approved 1"]
    assert "nothing to mend" in Path("report.html").read_text("utf-8")


def test_what_is_to_be_mended_is_named(cli, write):
    again = {**MOON, "id": "again", "question": "how far is the moon, please"}
    done = cli("data", "check", write(MOON, again, '{"id": "cut'), "--json")
    assert done.error == "2 things to mend, see above; nothing was changed"
    assert done.code == 1
    assert [(each["kind"], each["id"]) for each in done.json["findings"]] == [("format", ""), ("duplicate", "again")]


def test_eras_are_those_that_are_configured(cli, write):
    Path("hybrid.toml").write_text('[data]\neras = ["2025-01", "2026-06"]\n')
    report = cli("data", "check", write(MOON, {**SEA, "era": "2026-07"}), "--json").json
    assert report["findings"][0]["reason"] == "era '2026-07' does not exist; did you mean '2026-06'?"


def test_what_people_ask_may_be_a_list(cli, write):
    Path("asked.txt").write_text("how far away is the moon\nDo you sell ladders?\n")
    report = cli("data", "check", write(MOON, SEA), "--live", "asked.txt", "--json").json
    assert (report["coverage"]["covered"], report["coverage"]["missing"]) == (1, ["asked.txt:2"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.jsonl"], "no.jsonl: cannot be read"),
        (["rows.jsonl", "--held-out", "rows.jsonl"], "2 held-out rows measure nothing; at least 20 are needed"),
        (["rows.jsonl", "--html", "no/report.html"], "does not exist; make it first"),
        (["rows.jsonl", "--contract", "hybrid.contract:Nothing"], "Nothing"),
    ],
)
def test_bad_input_is_one_line(cli, write, arguments, message):
    write(MOON, SEA)
    done = cli("data", "check", *arguments)
    assert done.code == 2
    assert message in done.error
