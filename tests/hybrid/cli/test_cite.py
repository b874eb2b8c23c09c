import json
from pathlib import Path

import pytest
from running import DOCUMENTS, write_documents


@pytest.fixture
def answer(cli, synced):
    """An answer that was given before whatever the test does."""
    assert cli("ask", "When are refunds paid?", "--out", "answer.json").code == 0
    return Path("answer.json")


def test_citations_of_unchanged_documents_stand(cli, answer):
    done = cli("cite", "check", answer)
    assert done.code == 0
    assert done.out.splitlines()[0] == '[1] stands  refunds.md:3  "Refunds are paid within 5 working days."'


def test_a_quote_at_other_lines_has_moved_and_both_are_told(cli, answer):
    _write(cli, DOCUMENTS["refunds.md"].replace("# Refunds\n", "# Refunds\n\nThis page was renewed.\n", 1))
    done = cli("cite", "check", answer)
    assert done.code == 0
    assert done.out.splitlines()[0].startswith("[1] moved   refunds.md:3 -> refunds.md:5  ")
    row = cli("cite", "check", answer, "--json").json["citations"][0]
    assert (row["standing"], row["lines_then"], row["lines_now"]) == ("moved", [3, 3], [5, 5])


def test_a_quote_that_is_no_longer_said_has_changed(cli, answer):
    _write(cli, DOCUMENTS["refunds.md"].replace("5 working days", "9 working days"))
    done = cli("cite", "check", answer)
    assert done.code == 1
    assert done.out.startswith("[1] changed refunds.md:3")
    assert "answer.json no longer stands: [1]" in done.error


def test_a_removed_document_is_gone(cli, answer):
    Path("docs/refunds.md").unlink()
    cli("sync")
    done = cli("cite", "check", answer)
    assert done.code == 1
    assert done.out.startswith("[1] gone    refunds.md:3")
    assert cli("cite", "check", answer, "--json").json["stands"] is False


def test_what_who_asks_may_not_read_is_gone_for_them(cli, synced):
    cli("ask", "When does the contract with Acme end?", "--group", "legal", "--out", "answer.json")
    assert cli("cite", "check", "answer.json", "--group", "legal").code == 0
    done = cli("cite", "check", "answer.json")
    assert done.code == 1
    assert done.out.startswith("[1] gone    legal/contract.md:")


def test_a_refusal_has_nothing_to_check(cli, synced):
    cli("ask", "How fast does a zebra run in the savanna?", "--out", "answer.json")
    done = cli("cite", "check", "answer.json")
    assert (done.code, done.out) == (0, "The answer is a refusal: it has no citations to check.\n")


@pytest.mark.parametrize(
    "tampering",
    [
        {"quote": "Refunds are paid within 9 working days."},
        {"quote": "Refunds are paid within 5 working days"},
        {"quote": "Refunds"},  # stands elsewhere in the very same version
        {"quote": ""},
        {"start": 0},
        {"end": 12},
        {"document_id": "docs:plans.md"},
        {"document_id": "docs:legal/contract.md"},
    ],
    ids=repr,
)
def test_a_tampered_citation_never_stands(cli, answer, tampering):
    _tamper(answer, tampering)
    done = cli("cite", "check", answer, "--json")
    assert done.code == 1
    assert done.json["stands"] is False
    assert done.json["citations"][0]["standing"] in ("changed", "gone")


def test_tampered_lines_are_put_right(cli, answer):
    _tamper(answer, {"lines": [40, 41]})
    row = cli("cite", "check", answer, "--json").json["citations"][0]
    assert (row["standing"], row["lines_now"]) == ("moved", [3, 3])


@pytest.mark.parametrize(
    ("tampering", "error"),
    [
        ({"start": -40}, "citations.0.start: Input should be greater than or equal to 0"),
        ({"lines": [3]}, "citations.0.lines.1: Field required"),
        ({"marker": "first"}, "citations.0.marker: Input should be a valid integer"),
        ({"document_id": "refunds"}, "citations.0.document_id: String should match pattern"),
    ],
)
def test_a_malformed_citation_is_named(cli, answer, tampering, error):
    _tamper(answer, tampering)
    done = cli("cite", "check", answer)
    assert done.code == 2
    assert done.error.startswith(f"answer.json is no answer of hybrid ask: {error}")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", "answer.json is no answer of hybrid ask: file: Invalid JSON"),
        ("[]", "answer.json is no answer of hybrid ask: file: Input should be an object"),
        ('{"citations": []}', "answer.json is no answer of hybrid ask: status: Field required"),
        ('{"status": "answered", "text": "Yes.", "citations": []}', "answer.json answers without a citation"),
    ],
)
def test_a_file_that_is_no_answer_is_refused(cli, synced, content, error):
    Path("answer.json").write_text(content)
    done = cli("cite", "check", "answer.json")
    assert done.code == 2
    assert done.error.startswith(error)


def test_an_answer_that_points_at_more_than_it_cites_is_refused(cli, answer):
    record = json.loads(answer.read_text())
    answer.write_text(json.dumps({**record, "text": record["text"] + " And more. [7]"}))
    assert cli("cite", "check", answer).error == "answer.json: the text points at [7], which is not among its citations"
    answer.write_text(json.dumps({**record, "citations": record["citations"][:1] * 2}))
    assert cli("cite", "check", answer).error.startswith("answer.json has two citations with one marker")


def test_a_missing_file_is_named(cli):
    assert cli("cite", "check", "no.json").error.startswith("'no.json' cannot be read: No such file or directory")


def _write(cli, text):
    write_documents(Path("docs"), {"refunds.md": text})
    assert cli("sync").code == 0


def _tamper(answer, fields):
    record = json.loads(answer.read_text())
    record["citations"][0].update(fields)
    answer.write_text(json.dumps(record))


def test_a_quote_of_a_document_that_no_longer_holds_has_expired(cli, answer):
    """Validity is no access control: the document can still be opened, but it is no longer what holds."""
    write_documents(Path("docs"), {"refunds.md": "---\nvalid_until: 2026-01-01\n---\n" + DOCUMENTS["refunds.md"]})
    cli("sync")
    done = cli("cite", "check", answer)
    assert done.code == 1
    assert done.out.startswith("[1] expired refunds.md:")
    assert done.error == "answer.json no longer stands: [1] expired, changed or gone; ask again"


def test_a_number_in_brackets_of_a_document_is_no_marker(cli, project):
    """Else a quote could make an answer look as if another citation carried it."""
    write_documents(
        Path("docs"), {"refunds.md": "# Refunds\n\nRefunds are paid within 5 working days, see [2] and [9].\n"}
    )
    cli("sync")
    answered = cli("ask", "When are refunds paid?", "--out", "answer.json")
    assert "see [ 2 ] and [ 9 ]. [1]" in answered.out
    assert json.loads(Path("answer.json").read_text())["citations"][0]["quote"].endswith("see [2] and [9].")
    assert cli("cite", "check", "answer.json").code == 0
