import json
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from running import command_line, environment

REPLY = {"status": "refused", "opening": "Sorry.", "evidence": [], "closing": ""}


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYBRID_CONFIG", raising=False)
    lines = [
        json.dumps({"id": f"r{at}", "question": f"How far is star {at}?", "reply": REPLY, "era": "1", "author": "ana"})
        for at in range(6)
    ]
    Path("rows.jsonl").write_text("\n".join(lines) + "\n")
    return Path("rows.jsonl")


def decisions(path):
    return {row["id"]: row.get("decision", "open") for row in map(json.loads, path.read_text("utf-8").splitlines())}


def typed(path, *letters, reviewer="ben", more=(), **variables):
    return subprocess.run(
        command_line("data", "review", path, "--reviewer", reviewer, *more),
        input="".join(letter + "\n" for letter in letters),
        capture_output=True,
        text=True,
        env=environment(**variables),
        check=False,
    )


def test_a_review_by_letters(rows):
    done = typed(rows, "a", "r", "u", "?", "s", "r", "q")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(decisions(rows).values()) == ["approved", "open", "open", "open", "open", "rejected"]
    assert done.stdout.splitlines()[-1] == ("1 approved, 1 rejected, 4 to decide about, 1 skipped")


def test_the_editor_changes_a_row_and_a_broken_text_is_kept(rows):
    editor = Path("editor.sh")
    editor.write_text("#!/bin/sh\nsed -i 's/How far is/How bright is/' \"$1\"\n")
    editor.chmod(editor.stat().st_mode | stat.S_IEXEC)
    done = typed(rows, "e", "a", "q", EDITOR=str(editor.absolute()), VISUAL="")
    assert "changed; decide about it now" in done.stdout
    (changed,) = [row for row in map(json.loads, rows.read_text().splitlines()) if "bright" in row["question"]]
    assert (changed["author"], changed["decision"]) == ("ana, ben", "approved")
    editor.write_text('#!/bin/sh\necho broken >> "$1"\n')
    before = rows.read_bytes()
    done = typed(rows, "e", "q", EDITOR=str(editor.absolute()), VISUAL="")
    kept = done.stdout.partition("your text is kept in ")[2].split()[0]
    assert Path(kept).read_text("utf-8").endswith("broken\n")
    Path(kept).unlink()
    assert rows.read_bytes() == before


def test_own_rows_are_not_shown_where_two_are_asked_for(rows):
    done = typed(rows, reviewer="ana", more=("--two-reviewers",))
    assert done.stdout.splitlines() == ["0 approved, 0 rejected, 0 to decide about"]


def test_kill_9_loses_no_decision(rows):
    process = subprocess.Popen(
        command_line("data", "review", rows, "--reviewer", "ben"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    said: list[str] = []
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("a\nr\na\n")
        process.stdin.flush()
        for line in process.stdout:
            if line.endswith((": approved\n", ": rejected\n")):
                said.append(line)
            if len(said) == 3:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    decided = {line.partition(":")[0]: line.split()[-1] for line in said}
    assert {name: what for name, what in decisions(rows).items() if what != "open"} == decided
    assert typed(rows, "q").stdout.splitlines()[-1] == "2 approved, 1 rejected, 3 to decide about"
