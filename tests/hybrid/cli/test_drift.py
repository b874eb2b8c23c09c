"""``hybrid drift`` on records of a real server's store, with the real embedding model."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hybrid.config import load_settings
from hybrid.evaluation.last_check import LastCheck, load_last_check, save_last_check
from hybrid.server.records import Records
from hybrid.types import Answer, Principal

TOPICS = ("refunds", "parcels", "plans", "cheques", "invoices", "discounts", "returns", "vouchers")
GOLDEN = [f"When are {topic} {verb}?" for topic in TOPICS for verb in ("paid", "sent", "refused")]


@pytest.fixture
def golden(project):
    file = Path("golden.jsonl")
    file.write_text("".join(json.dumps({"id": text, "question": text, "answerable": False}) + "\n" for text in GOLDEN))
    return file


def answered(texts, support=0.5):
    records = Records(load_settings(Path("hybrid.toml")).server.data)
    for number, text in enumerate(texts):
        answer = Answer(question=text, status="answered", text="", support=support)
        records.answered(f"trace-{number}", "key:ana", Principal(user="ana"), answer)
    records.close()


def test_golden_questions_asked_again_are_no_drift(cli, golden):
    answered([*GOLDEN, *reversed(GOLDEN), "When are refunds paid to partners?"])
    done = cli("drift", golden)
    assert done.code == 0, done
    assert done.out.startswith("no drift\n")
    assert "support is left out" in done.err


def test_other_questions_are_drift_and_shown_to_who_may_read_the_records(cli, golden):
    answered([f"Which enzyme inhibits protein {number} in mice?" for number in range(30)])
    done = cli("drift", golden, "--html", "drift.html")
    assert done.code == 1
    assert done.out.startswith("drift in meaning")
    assert "Which enzyme inhibits protein" in done.out
    assert "add questions like these to golden.jsonl" in done.error
    assert "enzyme" not in Path("drift.html").read_text("utf-8")
    found = cli("drift", golden, "--json")
    assert (found.code, found.json["alarm"]) == (1, True)
    assert "enzyme" not in found.out


def test_support_is_compared_with_the_last_check(cli, golden):
    settings = load_settings(Path("hybrid.toml"))
    settings.index.path.mkdir()
    supports = {text: 0.5 + number / 100 for number, text in enumerate(GOLDEN)}
    kept = {"golden": "golden.jsonl", "created": "2026-01-01T00:00:00Z", "recall": 0.9, "interval": (0.8, 1.0)}
    save_last_check(
        settings.index.path, LastCheck.model_validate({**kept, "answerable": 1, "leaks": 0, "supports": supports})
    )
    answered([*GOLDEN, *GOLDEN, "When are they paid?", "When are they sent?"], support=0.01)
    done = cli("drift", golden, "--json")
    assert [finding["kind"] for finding in done.json["looks"][-1]["findings"]] == ["meaning", "length", "support"]
    assert done.json["verdict"] == "drift in support"


def test_without_a_server_there_is_nothing_to_compare(cli, golden):
    assert "run hybrid serve first" in cli("drift", golden).error


def test_records_that_cannot_be_read_are_named(cli, golden):
    file = load_settings(Path("hybrid.toml")).server.data / "server.sqlite3"
    file.parent.mkdir()
    file.write_bytes(b"no database" * 500)
    assert "file is not a database; put back a copy of it" in cli("drift", golden).error
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE answer (trace_id TEXT)")
    assert "let this version of hybrid serve it once" in cli("drift", golden).error


def test_recall_check_keeps_what_it_found(cli, synced):
    rows = [
        {"id": "refunds", "question": "When are refunds paid?", "relevant": [{"document": "refunds"}]},
        {"id": "zebra", "question": "How fast does a zebra run in the savanna?", "answerable": False},
    ]
    Path("golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli("recall-check", "golden.jsonl").code == 0
    kept = load_last_check(load_settings(Path("hybrid.toml")).index.path)
    assert (kept.golden, kept.recall, kept.answerable, kept.leaks) == ("golden.jsonl", 1.0, 1, 0)
    assert set(kept.supports) == {"refunds", "zebra"}
