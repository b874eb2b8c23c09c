"""``hybrid adapter train``: what people see, and what programs read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from training_samples import chat_rows, write_rows

from hybrid._cli.main import run
from hybrid._toml import to_toml
from hybrid.evaluation.last_check import LastCheck, save_last_check
from hybrid_adapters.registry import Registry


@pytest.fixture
def file(base: Path, tmp_path: Path) -> Path:
    write_rows(tmp_path / "rows.jsonl", chat_rows())
    file = tmp_path / "voice.toml"
    settings = {"name": "voice", "base": str(base), "rows": "rows.jsonl", "epochs": 2, "batch": 2}
    file.write_text(to_toml({**settings, "learning_rate": 1e-2}), "utf-8")
    return file


def test_people_see_the_mask_before_and_the_version_after(file: Path, tmp_path: Path, capsys) -> None:
    registry = str(tmp_path / "registry")
    against = ["--override", "a test of the machinery"]
    assert run(["adapter", "train", str(file), "--registry", registry, *against]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("voice@1\n")
    assert "contract kept without a grammar" in shown.out
    assert "tokens are learned" in shown.err
    assert "voice@1 is in service, since no other version is" in shown.err
    assert run(["adapter", "train", str(file), "--registry", registry, *against]) == 0
    shown = capsys.readouterr()
    assert "voice@2 waits while voice@1 serves; next: hybrid adapter evaluate voice@2" in shown.err
    assert run(["adapter", "train", str(file), "--registry", registry, "--json", "--quiet", *against]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["label"] == "voice@3"
    assert shown.err == ""


def test_what_is_wrong_is_one_line(file: Path, tmp_path: Path, capsys) -> None:
    rows = chat_rows()
    rows[0]["decision"] = "rejected"
    write_rows(tmp_path / "rows.jsonl", rows)
    assert run(["adapter", "train", str(file), "--registry", str(tmp_path / "registry")]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ")
    assert "1 of 8 rows are not approved" in shown.err
    assert shown.err.count("\n") == 1


def test_what_advice_is_against_is_not_trained(file: Path, tmp_path: Path, capsys) -> None:
    registry = tmp_path / "registry"
    assert run(["adapter", "train", str(file), "--registry", str(registry)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "error: advice is against training (prompt): 8 reviewed pairs are fewer than 200, and nobody said that more "
        "are being labelled (rule 7, S1); do that first, or give --override REASON\n"
    )
    assert not registry.exists()
    assert run(["adapter", "train", str(file), "--registry", str(registry), "--override", " "]) == 2
    assert "--override needs a reason" in capsys.readouterr().err


def test_a_reason_is_kept_with_what_was_trained_against_advice(file: Path, tmp_path: Path, capsys) -> None:
    registry = tmp_path / "registry"
    assert run(["adapter", "train", str(file), "--registry", str(registry), "--override", "the board wants it"]) == 0
    assert "advice is prompt, and not followed: the board wants it" in capsys.readouterr().err
    assert Registry(registry).resolve("voice@1").manifest.override == "the board wants it"
    assert run(["adapter", "show", "voice", "--registry", str(registry)]) == 0
    assert "the board wants it" in capsys.readouterr().out


def test_advice_that_is_not_against_it_is_a_note(file: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "advise.toml").write_text('labelling = true\ngoals = ["reasoning"]\ntried = ["prompt"]\n')
    file.write_text('name = "voice"\nbase = "nowhere"\nrows = "rows.jsonl"\n')
    # It gets past advice, to a base that is absent.
    assert run(["adapter", "train", str(file), "--registry", str(tmp_path / "registry")]) == 2
    note, error = capsys.readouterr().err.splitlines()
    assert note.startswith("advice is prompt, without refusing: 8 reviewed pairs are fewer than 200")
    assert "nowhere" in error


def test_an_index_that_does_not_find_enough_comes_first(file: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "hybrid.toml").write_text("")
    kept = {"golden": "g.jsonl", "created": "2026-01-01T00:00:00Z", "recall": 0.5, "interval": (0.4, 0.6)}
    (tmp_path / ".hybrid").mkdir()
    save_last_check(tmp_path / ".hybrid", LastCheck.model_validate({**kept, "answerable": 9, "leaks": 0}))
    assert run(["adapter", "train", str(file), "--config", str(tmp_path)]) == 1
    assert "recall@5 is 0.500 on 9 questions of g.jsonl (2026-01-01), below 0.80" in capsys.readouterr().err
