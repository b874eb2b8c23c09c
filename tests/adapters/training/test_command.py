"""``hybrid adapter train``: what people see, and what programs read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from training_samples import chat_rows, write_rows

from hybrid._cli.main import run
from hybrid._toml import to_toml


@pytest.fixture
def file(base: Path, tmp_path: Path) -> Path:
    write_rows(tmp_path / "rows.jsonl", chat_rows())
    file = tmp_path / "voice.toml"
    settings = {"name": "voice", "base": str(base), "rows": "rows.jsonl", "epochs": 2, "batch": 2}
    file.write_text(to_toml({**settings, "learning_rate": 1e-2}), "utf-8")
    return file


def test_people_see_the_mask_before_and_the_version_after(file: Path, tmp_path: Path, capsys) -> None:
    registry = str(tmp_path / "registry")
    assert run(["adapter", "train", str(file), "--registry", registry]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("voice@1\n")
    assert "contract kept without a grammar" in shown.out
    assert "tokens are learned" in shown.err
    assert run(["adapter", "train", str(file), "--registry", registry, "--json", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["label"] == "voice@2"
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
