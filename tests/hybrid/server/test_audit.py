"""``hybrid audit``: who was shown what, also where the document is gone, and for as long as is configured."""

import json

import pytest

from hybrid._cli.main import run
from hybrid.server.retention import Retention

DAY = 86_400


@pytest.fixture
def audit(server, tmp_path, capfd):
    """Ask as several people, then read the log that the running server writes."""
    (tmp_path / "hybrid.toml").write_text("")
    server.ask("How many euros of goodwill may a shift lead approve?", who="ana")
    server.post("/api/search", {"question": "contract with Acme"}, who="greta")
    server.get("/api/source/docs:refunds.md")

    def command(*arguments):
        capfd.readouterr()
        code = run(["audit", *arguments, "--config", str(tmp_path)])
        out, err = capfd.readouterr()
        return [json.loads(line) for line in out.splitlines()] if code == 0 else (code, err)

    return command


def test_every_showing_is_a_line(audit, clock):
    lines = audit()
    assert [(line["user"], line["surface"], line["document_id"]) for line in lines] == [
        ("ana", "answer", "docs:goodwill.md"),
        ("greta", "search", "docs:acme.md"),
        (None, "source", "docs:refunds.md"),
    ]
    assert (lines[0]["groups"], lines[0]["tenant"], lines[0]["moment"]) == (
        ["support"],
        "",
        "2027-01-15T08:00:00.000+00:00",
    )
    assert len(lines[0]["version"]) == 64


@pytest.mark.parametrize(
    ("asked", "documents"),
    [
        (["acme.md"], {"docs:acme.md"}),
        (["docs:acme.md"], {"docs:acme.md"}),
        (["me.md"], set()),
        (["%"], set()),
        (["--user", "ana"], {"docs:goodwill.md"}),
        (["--user", "nobody"], set()),
        (["refunds.md", "--user", "ana"], set()),
        (["--since", "2027-01-15T08:00"], {"docs:goodwill.md", "docs:acme.md", "docs:refunds.md"}),
        (["--until", "2027-01-15T08:00"], set()),
        (["--since", "2027-01-15", "--until", "2027-01-16"], {"docs:goodwill.md", "docs:acme.md", "docs:refunds.md"}),
    ],
)
def test_lines_are_chosen(audit, asked, documents):
    assert {line["document_id"] for line in audit(*asked)} == documents


def test_one_request_is_found_by_its_trace(audit):
    trace = audit("acme.md")[0]["trace_id"]
    assert {line["document_id"] for line in audit("--trace", trace)} == {"docs:acme.md"}


def test_where_no_server_ever_wrote_it_is_said(tmp_path, capfd):
    (tmp_path / "hybrid.toml").write_text("")
    assert run(["audit", "--config", str(tmp_path)]) == 2
    assert "no server has written one here yet" in capfd.readouterr().err
    assert not (tmp_path / ".hybrid-server").exists()


def test_a_date_that_is_none_is_named(audit):
    code, said = audit("--since", "yesterday")
    assert code == 2
    assert said.startswith("error: --since 'yesterday' is no date")


def test_old_lines_are_forgotten_at_start_and_new_ones_are_not(audit, make, clock, tmp_path):
    clock.now += 20 * DAY
    make(audit_days=30).get("/api/source/docs:refunds.md")
    assert len(audit()) == 4
    clock.now += 15 * DAY
    retention = Retention(tmp_path / ".hybrid-server", shown_days=30, question_days=0, clock=clock)
    assert (retention.forget(), retention.forget()) == (3, 0)
    assert [line["document_id"] for line in audit()] == ["docs:refunds.md"]


def test_a_server_forgets_by_itself_or_never(audit, make, clock):
    clock.now += 400 * DAY
    make(audit_days=0)
    assert len(audit()) == 3
    made = make()
    while len(audit()):
        made.get("/healthz")


def test_an_answer_shows_what_it_sends_and_a_refusal_its_closest_passages(server, audit):
    """What was found for an answer and is not sent is in no line."""
    shown = {}
    for question in ("How many euros of goodwill may a shift lead approve?", "How far is the moon?"):
        sent = server.ask(question, who="ana").json()
        told = {each["document"] for each in (*sent["citations"], *sent["passages"])}
        lines = [line for line in audit() if line["trace_id"] == sent["trace_id"]]
        assert {line["document_id"] for line in lines} == told
        shown[sent["status"]] = told
    assert shown["answered"] == {"docs:goodwill.md"}
