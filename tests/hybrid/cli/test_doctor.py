import shutil
from pathlib import Path

import pytest
from running import write_documents

from hybrid import Pipeline, _plugins
from hybrid._cli import _index_findings, _installation
from hybrid._cli._installation import installation_findings
from hybrid.errors import ModelFilesError
from hybrid.health import IndexHealth
from hybrid.testing.knowledge import WordOverlapKnowledge


def test_a_healthy_index_has_no_problem(cli, synced):
    done = cli("doctor")
    lines = done.out.splitlines()
    assert done.code == 0
    assert not [line for line in lines if line.startswith(("problem", "warning "))]
    assert any("source docs" in line and "3 documents live, 0 failed" in line for line in lines)
    assert any("the same in journal and engine" in line for line in lines)
    assert any("minilm as " in line and "mean cosine 0.99" in line for line in lines)


def test_without_a_configuration_that_is_the_problem(cli):
    done = cli("doctor", "--json")
    assert done.code == 1
    assert done.json["healthy"] is False
    (problem,) = [finding for finding in done.json["findings"] if finding["level"] == "problem"]
    assert problem["subject"] == "configuration"
    assert problem["text"].startswith("'hybrid.toml' does not exist; run: hybrid init DIR")
    assert done.error.startswith("configuration: 'hybrid.toml' does not exist")


def test_looking_makes_nothing(cli, project):
    done = cli("doctor")
    assert done.code == 0
    assert "run: hybrid sync" in done.out
    assert not Path(".hybrid").exists()


def test_failures_are_listed(cli, synced):
    write_documents(Path("docs"), {"broken.md": "---\naccess: [\n---\n"})
    cli("sync")
    done = cli("doctor")
    assert done.code == 0
    assert "3 documents live, 1 failed" in done.out
    assert "broken.md:3: front matter is not valid YAML" in done.out


def test_a_held_index_names_its_holder(cli, synced):
    with Pipeline.from_config():
        done = cli("doctor")
    assert done.code == 0
    assert "is held by process" in done.out


def test_a_ranker_with_changed_files_is_a_problem_and_none_is_not(cli, synced, monkeypatch):
    def changed(answer):
        raise ModelFilesError("the weights of 'evidence-ranker@1' were changed")

    monkeypatch.setattr(_plugins, "ranker", changed)
    done = cli("doctor")
    assert done.code == 1
    assert "evidence ranker: the weights of 'evidence-ranker@1' were changed" in done.error
    monkeypatch.setattr(_plugins, "ranker", lambda answer: None)
    assert cli("doctor").code == 0


@pytest.mark.parametrize(
    ("health", "level", "words"),
    [
        (
            IndexHealth(documents={"docs": 2}, chunks=9, failures=(), missing=1, surplus=0),
            "problem",
            "lacks 1 and holds 0",
        ),
        (
            IndexHealth(documents={"docs": 2}, chunks=9, failures=(), missing=0, surplus=3),
            "problem",
            "lacks 0 and holds 3",
        ),
        (IndexHealth(documents={}, chunks=0, failures=(), missing=0, surplus=0), "warning", "none"),
    ],
)
def test_an_index_that_is_not_well_says_what_repairs_it(cli, synced, monkeypatch, health, level, words):
    monkeypatch.setattr(_index_findings, "opened", lambda settings: _Opened(health))
    done = cli("doctor", "--json")
    (finding,) = [finding for finding in done.json["findings"] if finding["subject"] == "chunks"]
    assert finding["level"] == level
    assert words in finding["text"]
    assert finding["advice"].startswith("run: hybrid sync")
    assert done.code == (1 if level == "problem" else 0)


@pytest.mark.parametrize(("free", "level"), [(2**27, "problem"), (2**30, "warning"), (2**33, "ok")])
def test_little_space_is_said_in_time(cli, synced, monkeypatch, free, level):
    monkeypatch.setattr(_index_findings.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(2**40, 0, free))
    findings = cli("doctor", "--json").json["findings"]
    assert [finding["level"] for finding in findings if finding["subject"] == "disk"] == [level]


def test_what_is_not_installed_is_named_with_the_command_that_brings_it(monkeypatch):
    known = _installation._version
    absent = {"numpy", "watchfiles", "litellm"}
    monkeypatch.setattr(_installation, "_version", lambda name: None if name in absent else known(name) or "1")
    found = {finding.subject: finding for finding in installation_findings()}
    assert (found["numpy"].level, found["numpy"].advice) == ("problem", "run: pip install numpy")
    assert (found["extra server"].level, found["extra server"].text) == ("warning", "lacks watchfiles")
    assert (found["extra remote"].level, found["extra remote"].text) == ("ok", "not installed")
    assert found["extra remote"].advice == "to have it, run: pip install 'hybrid[remote]'"


class _Opened:
    """A pipeline whose index is as the test wants it."""

    def __init__(self, health):
        self.knowledge = _Knowledge(health)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass


class _Knowledge(WordOverlapKnowledge):
    def __init__(self, health):
        super().__init__([])
        self._health = health

    def health(self):
        return self._health


def test_an_index_path_that_is_a_file_is_a_problem(cli, project):
    Path(".hybrid").write_text("a file")
    done = cli("doctor", "--json")
    assert done.code == 1
    (problem,) = [finding for finding in done.json["findings"] if finding["level"] == "problem"]
    assert (problem["subject"], problem["advice"]) == ("index", "name a folder as [index] path")
