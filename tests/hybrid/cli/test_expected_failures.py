"""Whatever a user can do wrong ends in one line that says what to do, never in a traceback."""

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest
from running import CONFIGURATION, command_line, environment, run_process

from hybrid import Pipeline

READING = [("sync",), ("search", "x"), ("ask", "x"), ("acl", "explain", "x")]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_no_configuration(cli, command):
    done = cli(*command)
    assert (done.code, done.out) == (2, "")
    assert done.error == "'hybrid.toml' does not exist; run: hybrid init DIR, or pass --config FILE"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[index\n", "hybrid.toml: Expected ']'"),
        ("[indx]\npath = '.'\n", "hybrid.toml: indx: extra inputs are not permitted"),
        (CONFIGURATION + "paths = 'x'\n", "source 'docs': paths: "),
        ('[[sources]]\ntype = "foldr"\n', "source type 'foldr' is unknown; did you mean 'folder'?"),
        ('[[sources]]\nname = "docs"\n', "source 'docs' has no type"),
        ('[[sources]]\ntype = "folder"\npath = "a\\u0000b"\n', "hybrid.toml: path 'a\\x00b' holds a NUL character"),
        ('[index]\npath = "a\\u0000b"\n', "hybrid.toml: path 'a\\x00b' holds a NUL character"),
        (CONFIGURATION.replace('"public"', '"everybody"'), "source 'docs': default_readers: access token 'everybody'"),
        (CONFIGURATION + CONFIGURATION, "two sources are named 'docs'"),
        (CONFIGURATION + '[embedding]\nmodel = "no/such/model"\n', "embedding model 'no/such/model'"),
    ],
)
def test_a_configuration_that_does_not_make_sense_names_what(cli, project, text, error):
    Path("hybrid.toml").write_text(text)
    done = cli("sync")
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith(error)


def test_a_configuration_that_is_not_text(cli):
    Path("hybrid.toml").write_bytes(b"\xff\xfe")
    assert cli("sync").error.startswith("hybrid.toml: ")


def test_the_configuration_may_be_named_by_option_folder_or_environment(cli, synced, monkeypatch):
    root = Path().resolve()
    (root / "elsewhere").mkdir()
    monkeypatch.chdir(root / "elsewhere")
    for option in (root / "hybrid.toml", root):
        assert "Refunds" in cli("search", "refunds", "--config", option).out
    monkeypatch.setenv("HYBRID_CONFIG", str(root))
    assert "Refunds" in cli("search", "refunds").out
    assert cli("search", "refunds", "--config", "nowhere.toml").error.startswith("'nowhere.toml' does not exist")


def test_nothing_synced_yet(cli, project):
    assert cli("search", "x").error == "nothing has been synced yet; run: hybrid sync"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["ask", " "], "the question is empty; ask something"),
        (["search", "x" * 20_001], "the question has 20,001 characters"),
        (["ask", "caf\udce9"], "the question holds bytes that are no UTF-8"),
        (["search", "x", "--limit", "0"], "limit must be from 1 to 10,000, got 0"),
        (["search", "x", "--limit", str(10**20)], "limit must be from 1 to 10,000, got 1000"),
        (["search", "x", "--filter", "team=\udcff"], "filter 'team' has the value "),
        (["search", "x", "--filter", "\udcff=x"], "filter '\\udcff' is no text"),
        (["search", "x", "--user", " "], "user:' ' is not a usable name"),
        (["search", "x", "--as-of", "soon"], "--as-of 'soon' is no date"),
    ],
)
def test_a_question_that_cannot_be_asked(cli, synced, arguments, error):
    done = cli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith(error)


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_locked_index_names_the_process(cli, synced, command):
    with Pipeline.from_config():
        done = cli(*command)
    assert (done.code, done.out) == (2, "")
    assert f"is held by process {os.getpid()} (" in done.error
    assert done.error.endswith("stop it or wait until it is done")


def test_a_newer_index_is_refused(cli, synced):
    (journal,) = Path(".hybrid").glob("generation-*/journal.sqlite")
    connection = sqlite3.connect(journal)
    connection.execute("PRAGMA user_version = 4000")
    connection.close()
    assert cli("search", "x").error.startswith("the index has format 4000, this hybrid reads up to ")


def test_a_missing_folder_of_documents(cli, project):
    Path("docs").rename("gone")
    done = cli("sync")
    assert done.code == 1
    assert "cannot list" in done.out
    assert done.error.startswith("1 document or source could not be read")


def test_a_package_that_is_not_installed_is_named_with_its_extra(project, tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys; sys.modules['watchfiles'] = None\n")
    done = run_process("sync", "--watch", first=hidden)
    assert (done.code, done.out) == (2, "")
    assert done.error == (
        "hybrid sync --watch needs packages that are not installed; run: pip install 'hybrid[server]'"
    )


def test_a_process_ends_with_the_same_code_and_line(project):
    done = run_process("search", "x", "--config", "no.toml")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: 'no.toml' does not exist; run: hybrid init DIR, or pass --config FILE\n"


def test_a_cache_that_is_no_folder_is_named(project, tmp_path):
    (tmp_path / "file").write_text("no folder")
    done = run_process("search", "x", HYBRID_CACHE=str(tmp_path / "file"))
    assert (done.code, done.out) == (2, "")
    assert str(tmp_path / "file") in done.error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_is_full_is_named(project):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command_line("doctor", "--json"), stdout=full, stderr=subprocess.PIPE, text=True, env=environment()
        )
    assert (done.returncode, done.stderr) == (
        2,
        "error: the output: No space left on device; free some space or check permissions, then retry\n",
    )
