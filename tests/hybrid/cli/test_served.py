"""Commands on an index that a running server holds: they go to it, over a socket for the same user alone."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO

import pytest
from running import command_line, environment, write_documents

from hybrid._cli.main import run
from hybrid.channel.place import address_of, socket_of
from hybrid.channel.served import ServedKnowledge, served_knowledge
from hybrid.config import load_settings
from hybrid.errors import StoppedError

PEOPLE = '\n[server]\nsync_every = 0\n[server.people]\nana = ["legal"]\n'
ASKED = (
    ["search", "When are refunds paid?", "--json"],
    ["search", "When does the contract with Acme end?", "--group", "legal", "--json"],
    ["search", "How much is it?", "--filter", "year=2026", "--as-of", "2026-03-01", "--json"],
    ["ask", "When are refunds paid?", "--json"],
    ["ask", "When does the contract with Acme end?", "--json"],
    ["ask", "When are refunds paid?", "--stream"],
    ["acl", "explain", "legal/contract.md", "--group", "legal", "--json"],
    ["acl", "explain", "legal/contract.md", "--json"],
    ["sync", "--dry-run", "--json"],
)


def serving(folder, *options):
    """Start a server and return its process when it serves."""
    process = subprocess.Popen(
        command_line("serve", folder, "--dev", "--port", "0", *options),
        stderr=subprocess.PIPE, text=True, env=environment(), cwd=folder,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("serving on"):
            return process
    raise AssertionError("the server did not start")


def ended(process, sign=signal.SIGTERM):
    process.send_signal(sign)
    process.stderr.close()
    return process.wait(timeout=30)


@pytest.fixture(scope="module")
def alone(synced_once, tmp_path_factory):
    """What the commands say when no server runs, and a copy of the index that they said it of."""
    folder = tmp_path_factory.mktemp("served") / "project"
    shutil.copytree(synced_once, folder)
    with (folder / "hybrid.toml").open("a") as settings:
        settings.write(PEOPLE)
    said = {}
    for asked in ASKED:
        with redirect_stdout(StringIO()) as out:
            assert run([*asked, "--config", str(folder)]) == 0
        said[tuple(asked)] = out.getvalue()
    return folder, said


@pytest.fixture(scope="module")
def held(alone):
    """The same folder while a server holds its index."""
    process = serving(alone[0])
    yield alone[0]
    assert ended(process) == 0
    assert not socket_of(alone[0] / ".hybrid").exists()


def without_times(text):
    """Return what a command said without what no two runs have in common."""
    if not text.startswith("{"):
        return text
    found = json.loads(text)
    return {key: value for key, value in found.items() if key not in ("timings", "trace_id", "seconds")}


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_a_server_answers_as_the_index_does(held, alone, cli, asked):
    done = cli(*asked, "--config", held)
    assert done.code == 0, done
    assert without_times(done.out) == without_times(alone[1][tuple(asked)])


def test_an_old_answer_is_checked_by_the_server(held, cli, tmp_path):
    assert cli("ask", "When are refunds paid?", "--out", tmp_path / "a.json", "--config", held).code == 0
    assert cli("cite", "check", tmp_path / "a.json", "--config", held).code == 0


def test_recall_is_checked_by_the_server_and_its_threshold_is_said_to_stay(held, cli, tmp_path):
    rows = [
        {"id": "q1", "question": "When are refunds paid?", "relevant": [{"document": "refunds.md"}]},
        {"id": "q2", "question": "Who won the cup?", "answerable": False},
    ]
    (tmp_path / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = cli("recall-check", tmp_path / "golden.jsonl", "--config", held)
    assert done.code == 0, done
    assert "keeps to the threshold that it was started with" in done.err


def test_the_doctor_looks_at_the_index_of_the_server(held, cli):
    findings = cli("doctor", "--config", held, "--json").json["findings"]
    (index, chunks) = [each["text"] for each in findings if each["subject"] in ("index", "chunks")]
    assert "held by a server" in index
    assert "the same in journal and engine" in chunks


def test_a_sync_is_done_by_the_server(held, cli):
    write_documents(held / "docs", {"new.md": "# Giraffes\n\nGiraffes sleep standing.\n"})
    assert cli("sync", "--config", held, "--json").json["counts"]["added"] == 1
    assert "Giraffes sleep" in cli("search", "How do giraffes sleep?", "--config", held).out
    (held / "docs" / "new.md").unlink()
    assert cli("sync", "--config", held, "--json").json["counts"]["removed"] == 1


def test_a_failure_is_the_one_that_the_index_would_have_had(held, cli):
    assert cli("acl", "explain", "nowhere.md", "--config", held).code == 2
    broken = held / "docs" / "broken.pdf"
    broken.write_bytes(b"no pdf")
    done = cli("sync", "--config", held)
    broken.unlink()
    assert done.code == 1
    assert "broken.pdf" in done.out
    cli("sync", "--config", held)


def test_a_sync_of_other_sources_than_the_servers_is_refused(held, cli, tmp_path):
    said = (held / "hybrid.toml").read_text()
    (held / "other.toml").write_text(said.replace('default_readers = ["public"]', 'default_readers = ["group:legal"]'))
    done = cli("sync", "--config", held / "other.toml")
    assert (done.code, "restart it" in done.error) == (2, True)
    linked = tmp_path / "linked"
    linked.symlink_to(held, target_is_directory=True)
    assert cli("sync", "--config", linked).code == 0


def test_the_socket_is_its_users_alone(held):
    assert stat.S_IMODE(socket_of(held / ".hybrid").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_not_answered_even_where_the_mode_would_let_them(held):
    path = socket_of(held / ".hybrid")
    path.chmod(0o666)
    code = (
        "import os, socket\n"
        "os.setuid(65534)\n"
        "connection = socket.socket(socket.AF_UNIX)\n"
        "connection.connect('server.sock')\n"
        "print(connection.recv(1000))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=path.parent)
    assert (done.stdout, done.returncode) == ("b''\n", 0), done.stderr
    path.chmod(0o600)


@pytest.mark.parametrize(
    "sent", [b"\n", b"{}\n", b"[]\n", b"nonsense\n", b'{"hybrid": "0.1.0", "call": {"call": "eval"}}\n', b"["]
)
def test_what_is_no_call_ends_its_connection_alone(held, cli, sent):
    with socket.socket(socket.AF_UNIX) as connection, address_of(socket_of(held / ".hybrid")) as address:
        connection.connect(address)
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert b"Traceback" not in connection.recv(65_536)
    assert cli("search", "refunds", "--config", held).code == 0


def test_a_server_of_another_version_is_named(held, cli, monkeypatch):
    monkeypatch.setattr("hybrid.__version__", "9.9.9")
    done = cli("search", "refunds", "--config", held)
    assert done.code == 2
    assert "another version" in done.error


def test_a_second_server_does_not_go_to_the_first(held, cli):
    done = cli("serve", held, "--dev", "--port", "0")
    assert (done.code, "is held by process" in done.error) == (2, True)


@pytest.mark.parametrize("name", ["short", "a-folder-with-a-name-that-is-longer-than-" + 40 * "any-socket-"])
def test_after_a_kill_what_it_left_is_no_server(alone, tmp_path, cli, name):
    folder = tmp_path / name[:250]
    shutil.copytree(alone[0], folder, ignore=shutil.ignore_patterns("server.sock"))
    process = serving(folder)
    assert "Refunds" in cli("search", "refunds", "--config", folder).out
    knowledge = served_knowledge(load_settings(folder / "hybrid.toml"))
    assert isinstance(knowledge, ServedKnowledge)
    ended(process, signal.SIGKILL)
    assert socket_of(folder / ".hybrid").exists()
    with pytest.raises(StoppedError, match="has ended"):
        knowledge.document_ids()
    assert "Refunds" in cli("search", "refunds", "--config", folder).out
    assert "held by nobody else" in cli("doctor", "--config", folder).out
    again = serving(folder)
    assert "held by a server" in cli("doctor", "--config", folder).out
    assert ended(again) == 0
