import os
import pty
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import command_line, environment, write_documents

from hybrid._cli._sync_view import sync_view
from hybrid.sync import Outcome, SyncReport

BROKEN = "---\naccess: [\n---\n# Broken\n"


def test_a_sync_says_what_it_did(cli, project):
    done = cli("sync")
    assert done.code == 0
    assert done.err == ""
    first, *counts = done.out.splitlines()
    assert re.fullmatch(r"3 documents in \d+\.\d s: (\d+) chunks written, \1 of them embedded", first)
    assert counts == ["  added               3"]


def test_nothing_to_do_is_said_too(cli, project):
    cli("sync")
    first, *counts = cli("sync").out.splitlines()
    assert first.endswith("0 chunks written, 0 of them embedded")
    assert counts == ["  unchanged           3"]


def test_a_plan_names_what_a_sync_would_touch_and_writes_nothing(cli, project):
    cli("sync")
    write_documents(Path("docs"), {"new.md": "# New\n\nText.\n"})
    Path("docs/plans.md").unlink()
    expected = [
        "4 documents; nothing was written",
        "  added               1",
        "  unchanged           2",
        "  removed             1",
        "",
        "added        docs:new.md",
        "removed      docs:plans.md",
    ]
    assert cli("sync", "--dry-run").out.splitlines() == expected
    assert cli("sync", "--dry-run").out.splitlines() == expected


def test_a_document_that_cannot_be_read_is_named_and_the_others_go_on(cli, project):
    write_documents(Path("docs"), {"broken.md": BROKEN})
    done = cli("sync")
    assert done.code == 1
    assert done.error.startswith("1 document or source could not be read")
    assert "  added               3" in done.out.splitlines()
    (failure,) = [line for line in done.out.splitlines() if line.startswith("failed ")]
    assert failure.startswith("failed       docs:broken.md  broken.md:3: front matter is not valid YAML")
    assert cli("search", "When are refunds paid?").code == 0


def test_a_document_of_front_matter_only_is_skipped_and_no_failure(cli, project):
    """Many sites keep a page that is a title only; nobody has anything to mend there."""
    cli("sync")
    write_documents(Path("docs"), {"plans.md": "---\ntitle: Plans\ndescription: All plans.\n---\n"})
    for _ in range(2):
        done = cli("sync")
        assert (done.code, done.err) == (0, "")
        assert done.out.splitlines()[1:] == ["  unchanged           2", "  skipped             1"]
    assert "skipped      docs:plans.md  plans.md: has a title and no text" in cli("sync", "--dry-run").out
    assert "ten euros" not in cli("search", "What does the basic plan cost?").out, "its old text is no longer said"


def test_a_source_that_is_gone_removes_nothing(cli, project):
    cli("sync")
    Path("docs").rename("elsewhere")
    done = cli("sync")
    assert done.code == 1
    assert "failed       docs:  source 'docs': cannot list" in done.out
    assert "  access of 3 documents could not be refreshed: the last known readers keep it" in done.out.splitlines()
    assert cli("sync", "--json").json["unrefreshed"] == 3
    assert "Refunds" in cli("search", "When are refunds paid?").out


def test_a_source_that_is_gone_shows_nothing_once_its_rules_have_changed(cli, project):
    cli("sync")
    Path("docs").rename("elsewhere")
    Path("hybrid.toml").write_text(Path("hybrid.toml").read_text().replace('"public"', '"group:staff"'))
    closed = "3 documents {}: the settings changed and the source cannot be listed"
    assert closed.format("would be closed") in cli("sync", "--dry-run").out
    assert "Refunds" in cli("search", "When are refunds paid?").out
    done = cli("sync")
    assert done.code == 1
    assert closed.format("closed") in done.out
    assert cli("sync", "--json").json["closed"] == 3
    assert "Refunds" not in cli("search", "When are refunds paid?", "--group", "staff").out
    Path("elsewhere").rename("docs")
    assert cli("sync").code == 0
    assert "Refunds" not in cli("search", "When are refunds paid?").out
    assert "Refunds" in cli("search", "When are refunds paid?", "--group", "staff").out


def test_an_empty_folder_removes_nothing_unless_that_is_meant(cli, project):
    cli("sync")
    Path("docs").rename("elsewhere")
    Path("docs").mkdir()
    done = cli("sync")
    assert done.code == 1
    assert "lists nothing although 3 of its documents are live" in done.out
    assert "Refunds" in cli("search", "When are refunds paid?").out
    assert "correct the name" in cli("sync", "--accept-empty", "dcos").error
    accepted = cli("sync", "--accept-empty", "docs")
    assert (accepted.code, accepted.out.splitlines()[1:]) == (0, ["  removed             3"])


def test_the_report_as_json(cli, project):
    write_documents(Path("docs"), {"broken.md": BROKEN})
    done = cli("sync", "--json")
    assert done.code == 1
    assert done.json["counts"]["added"] == 3
    assert done.json["dry_run"] is False
    assert [row["document_id"] for row in done.json["outcomes"] if row["kind"] == "failed"] == ["docs:broken.md"]


@pytest.mark.parametrize("flag", [["--dry-run"], ["--json"], ["--accept-empty", "docs"]])
def test_flags_that_exclude_each_other_are_refused(cli, project, flag):
    assert cli("sync", "--watch", *flag).error == f"--watch and {flag[0]} exclude each other; drop one of them"
    assert not Path(".hybrid").exists()


def test_every_kind_of_change_has_its_words():
    outcomes = (
        Outcome(kind="renamed", document_id="docs:b.md", detail="docs:a.md"),
        Outcome(kind="failed", document_id="docs:c.md", detail="c.md: \x1b[2Jis a trap"),
    )
    report = SyncReport(outcomes=outcomes, counts={"renamed": 1, "failed": 1, "unchanged": 1200}, dry_run=True)
    assert _plain(sync_view(report)) == [
        "1,202 documents; nothing was written",
        "  renamed             1",
        "  unchanged       1,200",
        "  failed              1",
        "",
        "renamed      docs:b.md  was docs:a.md",
        "failed       docs:c.md  c.md: \ufffd[2Jis a trap",
    ]


def test_progress_is_shown_on_a_terminal_only(project):
    assert "documents" in _on_a_terminal("sync")
    assert "documents" not in _on_a_terminal("sync", "--no-progress")
    assert "documents" not in _on_a_terminal("sync", "--quiet")


def test_no_color_is_honoured(project):
    colour = re.compile(r"\x1b\[[\d;]*3\dm")
    assert colour.search(_on_a_terminal("sync"))
    assert not colour.search(_on_a_terminal("sync", NO_COLOR="1"))


def test_watching_syncs_again_after_a_change_and_lets_others_read(cli, project):
    with _watching() as watching, _ended(watching):
        assert watching.stderr.readline() == f"watching {Path('docs').resolve()}; Ctrl-C ends it\n"
        assert "Refunds" in cli("search", "refunds").out
        write_documents(Path("docs"), {"new.md": "# Giraffes\n\nGiraffes sleep standing.\n"})
        _wait_for(lambda: cli("search", "How do giraffes sleep?"), "Giraffes sleep")
        out, err = _interrupted(watching)
    assert watching.returncode == 130
    assert err.splitlines()[-1] == "interrupted; what was written stays, run again to go on"
    assert "Traceback" not in err
    assert "  added               3" in out.splitlines()
    assert "  added               1" in out.splitlines()


def _interrupted(running):
    """Press Ctrl-C as a person does, again where nothing happens: Python drops one that arrives in a destructor."""
    for _ in range(6):
        running.send_signal(signal.SIGINT)
        try:
            return running.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("it does not end")


def _watching():
    return subprocess.Popen(
        command_line("sync", "--watch"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


@contextmanager
def _ended(running):
    """End the process also where the test fails."""
    try:
        yield
    finally:
        running.kill()


def _wait_for(tell, words):
    end = time.monotonic() + 60
    while words not in (told := tell()).out:
        assert time.monotonic() < end, told
        time.sleep(0.5)


def _on_a_terminal(*arguments, **more):
    """Return what a command writes to stderr when that is a terminal."""
    master, slave = pty.openpty()
    running = subprocess.Popen(
        command_line(*arguments), stdout=subprocess.DEVNULL, stderr=slave, env=environment(TERM="xterm", **more)
    )
    os.close(slave)
    written = bytearray()
    try:
        while block := os.read(master, 65536):
            written += block
    except OSError:  # how Linux says that the other end of a terminal is closed
        pass
    os.close(master)
    assert running.wait() == 0
    return written.decode()


def _plain(view):
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    Console(file=out, width=100).print(view)
    return [line.rstrip() for line in out.getvalue().splitlines()]
