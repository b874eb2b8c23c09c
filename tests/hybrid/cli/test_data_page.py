"""Every command of the page on rows runs, one after the other, in a folder with a voice of 110 examples."""

import io
import json
import re
import shlex
from pathlib import Path

from running import ROOT

REPLIES = {
    "refused": {"status": "refused", "opening": "Sorry, I do not know.", "evidence": [], "closing": ""},
    "answered": {
        "status": "answered",
        "opening": "Here you go:",
        "evidence": [{"document": "refunds", "quote": "within 5 working days"}],
        "closing": "",
    },
}


def commands() -> list[str]:
    page = (ROOT / "docs" / "data.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def example(name: str, question: str, status: str = "refused") -> str:
    fields = {"era": "2026-06", "author": "ana", "reviewer": "ben", "decision": "approved"}
    return json.dumps({"id": name, "question": question, "reply": REPLIES[status], **fields})


def test_every_command_of_the_page_runs(cli, synced, monkeypatch):
    Path("voices").mkdir()
    rows = [example(f"r{at}", f"How many moons has planet {at}?") for at in range(109)]
    rows.append(example("paid", "When are refunds paid?", "answered"))
    Path("voices/support-voice.jsonl").write_text("\n".join(rows) + "\n")
    Path("questions.txt").write_text("What does the basic plan cost?\n")
    Path("golden.jsonl").write_text('{"id": "g", "question": "Which river is the longest in Denmark?"}\n')
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert len(commands()) >= 12
    for line in commands():
        program, *arguments = shlex.split(line)
        done = cli(*arguments)
        assert (program, done.code) == ("hybrid", 0), (line, done)
    assert len(Path("held-out.jsonl").read_text("utf-8").splitlines()) == 22
    assert Path("check.html").is_file()
