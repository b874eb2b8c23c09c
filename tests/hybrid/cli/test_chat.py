"""Questions over a pipe, as programs ask them, and at a terminal, as people do."""

import io
import json
import os
import pty
import re
import subprocess
import sys

import pytest
from running import command_line, environment

from hybrid import ANONYMOUS, Pipeline
from hybrid._cli._chatting import Chat
from hybrid._cli._display import Display
from hybrid.answering.assembly import default_composer
from hybrid.conversation import Conversation
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document


@pytest.fixture
def say(cli, monkeypatch):
    """Runs the chat with lines on its input."""

    def chat(*lines, options=()):
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return cli("chat", *options)

    return chat


def test_answers_come_with_their_citations_and_follow_ups_lean(say, synced):
    done = say("When are refunds paid?", "", "And late ones?")
    assert done.code == 0
    assert done.out == (
        "Refunds are paid within 5 working days. [1]\n\n"
        '[1] refunds.md:3  "Refunds are paid within 5 working days."\n\n'
        "Late ones by cheque. [1]\n\n"
        '[1] refunds.md:7  "Late ones by cheque."\n\n'
    )
    assert done.err == ""


def test_clearing_forgets_the_topic(say, synced):
    done = say("When are refunds paid?", "/clear", "why?")
    assert done.out.endswith("Please say more exactly what you mean.\n\n")
    assert "forgotten" in done.err


def test_sources_are_all_that_was_found(say, synced):
    done = say("/sources", "When are refunds paid?", "/sources")
    assert "nothing was answered yet" in done.err
    assert done.out.count('[1] refunds.md:3  "Refunds are paid within 5 working days."') == 2
    assert "Plans  plans.md" in done.out


def test_leaving_reads_no_further(say, synced):
    assert say("/exit", "When are refunds paid?").out == ""


def test_a_command_that_is_none_is_named_and_the_chat_goes_on(say, synced):
    done = say("/help", "When are refunds paid?")
    assert "/help is no command; there are: /sources" in done.err
    assert "5 working days" in done.out


def test_json_is_one_event_per_line(say, synced):
    done = say("When are refunds paid?", "/sources", "And late ones?", options=["--json"])
    events = [json.loads(line) for line in done.out.splitlines()]
    assert [event["event"] for event in events].count("done") == 2
    assert [event["event"] for event in events].count("evidence") == 3
    assert events[-1]["answer"]["text"] == "Late ones by cheque. [1]"


def test_who_asks_decides_what_is_found(say, synced):
    questions = ("When does the contract with Acme end?", "why?", "/sources")
    assert "May 2027" in say(*questions, options=["--group", "legal"]).out
    theirs = say(*questions, options=["--json"])
    assert "2027" not in theirs.out
    assert "contract.md" not in theirs.out


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"caf\xe9\n", "the question holds bytes that are no UTF-8"),
        (b"refunds \x1b[31m\n", "the question holds control characters"),
        (b"x" * 100_000 + b"\n", "the question has 100,000 characters"),
    ],
)
def test_a_line_of_a_pipe_that_is_no_question_ends_in_one_line(synced, line, error):
    done = subprocess.run(command_line("chat"), input=line, capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"error: {error}")
    assert len(done.stderr.splitlines()) == 1


class Typed(io.StringIO):
    """Lines as a person would type them; ^C is that key."""

    def isatty(self):
        return True

    def readline(self, *size):
        line = super().readline(*size)
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


class InterruptedOnce(Conversation):
    """A conversation whose first answer is stopped by Ctrl-C."""

    def stream(self, question, **options):
        events = super().stream(question, **options)
        if len(self.questions) == 1:
            yield next(events)
            raise KeyboardInterrupt
        yield from events


def test_ctrl_c_stops_an_answer_and_not_the_chat(monkeypatch, capfd):
    monkeypatch.setattr(sys, "stdin", Typed("^C\nWhen are refunds paid?\nAnd when are refunds paid?\n"))
    knowledge = WordOverlapKnowledge([public_document("refunds.md", "Refunds are paid within 5 days.")])
    pipeline = Pipeline(knowledge=knowledge, composer=default_composer(knowledge, refuse_below=0.0))
    Chat(InterruptedOnce(pipeline, principal=ANONYMOUS), Display()).run()
    out, err = capfd.readouterr()
    assert "/exit or Ctrl-D leaves\n" in err
    assert "\nstopped\n" in err
    assert out.count("5 days. [1]") == 1


class Terminal:
    """The command at a terminal, as somebody sees it who types."""

    def __init__(self):
        self._own, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command_line("chat"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(TERM="dumb", NO_COLOR="1"),
            start_new_session=True,
        )
        os.close(theirs)
        self._seen = ""

    def see(self, wanted):
        """Read until the text is there, and return what came before it."""
        while wanted not in self._seen:
            self._seen += self._read()
        before, _, self._seen = self._seen.partition(wanted)
        return before

    def type(self, keys):
        os.write(self._own, keys)

    def end(self):
        try:
            while self._read():
                pass
        except OSError:
            pass
        os.close(self._own)
        return self._process.wait(60)

    def kill(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _read(self):
        return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", os.read(self._own, 4096).decode()).replace("\r", "")


@pytest.fixture
def terminal(synced):
    opened = Terminal()
    yield opened
    opened.kill()


def test_at_a_terminal_mistakes_are_shown_and_the_chat_goes_on(terminal):
    terminal.see("/exit leave")
    terminal.see("> ")
    terminal.type(b"\x16\x01refunds\n")  # Ctrl-V makes the next key a character of the line
    terminal.see("error: the question holds control characters")
    terminal.see("> ")
    terminal.type(b"When are refunds paid?\n")
    terminal.see('[1] refunds.md:3  "Refunds are paid within 5 working days."')
    terminal.see("> ")
    terminal.type(b"\x04")
    assert terminal.end() == 0
