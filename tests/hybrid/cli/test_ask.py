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


def test_a_stream_shows_what_the_whole_answer_shows(cli, synced):
    for question in ("When are refunds paid?", "How fast does a zebra run in the savanna?", "it?"):
        whole, streamed = cli("ask", question), cli("ask", question, "--stream", "--out", "answer.json", "--quiet")
        assert (streamed.code, streamed.out, streamed.err) == (0, whole.out, "")
        assert json.loads(Path("answer.json").read_text())["text"] in streamed.out


def test_a_stream_as_json_is_one_event_per_line(cli, synced):
    done = cli("ask", "When are refunds paid?", "--stream", "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events] == ["status", "evidence", "status", "citation", "text", "done"]
    assert events[3]["citation"]["verified"] is True
    answer = events[-1]["answer"]
    assert answer["text"] == "".join(event["text"] for event in events if event["event"] == "text")
    assert answer["citations"] == [event["citation"] for event in events if event["event"] == "citation"]


def test_a_stream_shows_nothing_that_somebody_may_not_read(cli, synced):
    question = "When does the contract with Acme end?"
    assert "May 2027" in cli("ask", question, "--stream", "--group", "legal").out
    done = cli("ask", question, "--stream", "--json")
    assert "2027" not in done.out
    assert "contract.md" not in done.out


def test_a_document_does_not_steer_the_terminal(cli, project):
    (project / "docs" / "alarm.md").write_text("# Alarm\n\nThe alarm\x1b]0;owned\x07 rings \x1b[31mtwice\u202e.\n")
    cli("sync")
    for arguments in ([], ["--stream"], ["--json"], ["--stream", "--json"]):
        done = cli("ask", "How often does the alarm ring?", *arguments)
        assert "twice" in done.out
        assert not {"\x1b", "\x07", "\u202e"} & set(done.out + done.err)


def test_a_question_that_says_nothing_is_asked_back(cli, synced):
    done = cli("ask", "help", "--json")
    assert (done.json["status"], done.json["passages"]) == ("clarify", [])


def test_an_adapter_needs_a_model_that_takes_one(cli, synced):
    done = cli("ask", "When are refunds paid?", "--adapter", "friendly")
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("adapter 'friendly' needs a local model, and [answer] model is 'extractive'")
