"""What is remembered, for how many requests, and by whom it may be rated."""

import json
import sqlite3

import pytest

from hybrid.errors import StorageError
from hybrid.server.faults import TooMany
from hybrid.server.rates import Rates
from hybrid.server.records import Records, Shown
from hybrid.types import Principal


def rows(folder, query):
    with sqlite3.connect(folder / ".hybrid-server" / "server.sqlite3") as connection:
        connection.row_factory = sqlite3.Row
        found = [dict(row) for row in connection.execute(query)]
    connection.close()
    return found


def test_the_audit_log_says_who_was_shown_which_version(server, tmp_path, clock):
    asked = server.ask("How many euros of goodwill may a shift lead approve?", who="ana").json()
    found = server.post("/api/search", {"question": "contract with Acme"}, who="greta").json()
    opened = server.get("/api/source/docs:refunds.md")
    server.get("/api/source/docs:acme.md")
    noted = rows(tmp_path, "SELECT * FROM shown")
    assert [(row["trace_id"], row["surface"], row["user"], row["document_id"]) for row in noted] == [
        (asked["trace_id"], "answer", "ana", "docs:goodwill.md"),
        (found["trace_id"], "search", "greta", "docs:acme.md"),
        (opened.headers["X-Trace-Id"], "source", None, "docs:refunds.md"),
    ]
    assert noted[0]["version"] == asked["citations"][0]["version"]
    assert (noted[0]["moment"], json.loads(noted[0]["groups"])) == (clock.now, ["support"])


def test_a_stream_is_noted_before_it_is_shown(server, tmp_path):
    server.ask("When are refunds paid?", stream=True)
    assert {row["document_id"] for row in rows(tmp_path, "SELECT * FROM shown")} == {"docs:refunds.md"}
    (answer,) = rows(tmp_path, "SELECT * FROM answer")
    assert (answer["question"], answer["status"]) == ("When are refunds paid?", "answered")


def test_nothing_is_shown_that_cannot_be_noted(server, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(server.client.app.state.services.records, "show", full)
    answer = server.ask("When are refunds paid?")
    assert answer.status_code == 500
    assert "5 working days" not in answer.text
    assert "5 working days" not in server.ask("When are refunds paid?", stream=True).text


def test_the_last_rating_counts(server, tmp_path):
    trace_id = server.ask("When are refunds paid?", who="ana").json()["trace_id"]
    for rating, reason in (("up", ""), ("down", "too slow")):
        server.post("/api/feedback", {"trace_id": trace_id, "rating": rating, "reason": reason}, who="ana")
    (kept,) = rows(tmp_path, "SELECT rating, reason FROM feedback")
    assert kept == {"rating": "down", "reason": "too slow"}


def test_records_survive_a_restart_and_are_for_their_owner_alone(tmp_path):
    first = Records(tmp_path / "data")
    first.show("t", Principal(user="ana"), "source", [Shown(document_id="a", version="1")])
    first.close()
    again = Records(tmp_path / "data")
    again.show("u", Principal(), "source", [])
    again.close()
    with sqlite3.connect(tmp_path / "data" / "server.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM shown").fetchone() == (1,)
    connection.close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageError, match="data"):
        Records(tmp_path / "data")


def test_tokens_come_back_evenly():
    now = 0.0
    rates = Rates(per_minute=6, clock=lambda: now)
    for _ in range(6):
        rates.take("ana")
    with pytest.raises(TooMany) as refused:
        rates.take("ana")
    assert refused.value.retry_after == pytest.approx(10.0)
    now = 10.0
    rates.take("ana")
    with pytest.raises(TooMany):
        rates.take("ana")
    now = 1_000.0
    for _ in range(6):
        rates.take("ana")
    with pytest.raises(TooMany):
        rates.take("ana")


def test_buckets_do_not_grow_without_end():
    rates = Rates(per_minute=1, clock=lambda: 0.0)
    for n in range(10_001):
        rates.take(f"visitor:{n}")
    rates.take("visitor:0")
    with pytest.raises(TooMany):
        rates.take("visitor:10000")
