import json
from pathlib import Path


def test_an_answer_shows_each_citation_with_place_and_quote(cli, synced):
    done = cli("ask", "When are refunds paid?")
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0] == "Refunds are paid within 5 working days. [1]"
    assert '[1] refunds.md:3  "Refunds are paid within 5 working days."' in lines


def test_a_refusal_is_honest_lists_the_closest_and_is_no_failure(cli, synced):
    done = cli("ask", "How fast does a zebra run in the savanna?")
    assert done.code == 0
    assert done.out.startswith("I found nothing in the documents you may read that answers this.\n")
    assert "The closest passages:" in done.out
    assert " 1  " in done.out


def test_an_answer_from_a_document_needs_its_reader(cli, synced):
    question = "When does the contract with Acme end?"
    assert "May 2027" in cli("ask", question, "--group", "legal").out
    assert "2027" not in cli("ask", question).out
    assert "contract.md" not in cli("ask", question, "--json").out


def test_json_is_the_answer_and_out_writes_the_same(cli, synced):
    done = cli("ask", "When are refunds paid?", "--json", "--out", "answer.json")
    written = json.loads(Path("answer.json").read_text())
    assert done.json == written
    assert written["status"] == "answered"
    assert written["citations"][0]["verified"] is True
    assert done.err == "written to answer.json\n"
    assert cli("ask", "When are refunds paid?", "--out", "answer.json", "--quiet").err == ""


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_asked(cli):
    assert cli("ask", "x", "--out", "no/such/answer.json").error.endswith(
        "folder 'no/such' does not exist; make it first"
    )
    assert cli("ask", "x", "--out", ".").error == "'.' is a folder; name a file to write"


def test_a_citation_of_a_page_without_lines_names_its_section(cli, project):
    """Nobody can open an HTML file at a line of the text that was extracted from it."""
    Path("docs/pool.html").write_text("<h1>Pools</h1><h2>Giraffes</h2><p>Giraffes may swim on Mondays only.</p>")
    cli("sync")
    answered = cli("ask", "When may giraffes swim?").out
    assert '] pool.html (section "Giraffes", line ' in answered
    assert ' of its text)  "Giraffes may swim on Mondays only."' in answered
