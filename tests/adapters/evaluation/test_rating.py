"""People rate replies without knowing who wrote them, and their ratings come back with how far they agree."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from evaluation_samples import CONTRACT, evaluation, reply, row

from hybrid._cli.main import run
from hybrid_adapters.evaluation.arms import Arm, Outcome
from hybrid_adapters.evaluation.rating import CRITERIA, sheet
from hybrid_adapters.evaluation.report import load_evaluations, save_evaluation
from hybrid_adapters.evaluation.scoring import scored
from hybrid_adapters.evaluation.writing import Written
from hybrid_adapters.registry import Registry

SCORES = {"base": 0.1, "prompt": 0.4, "tuned": 0.9}


@pytest.fixture
def empty(registry: Registry) -> str:
    """The sheet of an evaluation that the registry keeps."""
    kept = evaluation(registry, "voice@2", SCORES)
    save_evaluation(registry.folder, kept)
    rows = tuple(row(at, split="held-out") for at in range(40))
    text = reply(0)
    written = Written(raw=text, reply=text, valid=True, seconds=0.1, tokens=3)
    outcomes = {
        name: Outcome(
            arm=Arm(name=name, model="tiny", chat=lambda each: each.prompt),
            rows=rows,
            written=(written,) * 40,
            scored=tuple(scored(text, each.reply, CONTRACT, valid=True) for each in rows),
        )
        for name in ("base", "prompt", "tuned")
    }
    return sheet(outcomes, kept.dataset.version)


def filled(text: str, file: Path, values: list[int]) -> Path:
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    for line, value in zip(lines, values, strict=False):
        line.update(dict.fromkeys(CRITERIA, str(value)))
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    return file


def test_a_sheet_tells_nothing_of_who_wrote_what(empty: str) -> None:
    lines = list(csv.DictReader(io.StringIO(empty, newline="")))
    assert len(lines) == len({line["item"] for line in lines}) == 2 * 40
    assert all("tuned" not in cell and "prompt" not in cell for line in lines for cell in line.values())


def test_ratings_come_back_with_their_agreement(registry: Registry, empty: str, tmp_path: Path, capsys) -> None:
    ana = filled(empty, tmp_path / "ana.csv", [1, 3, 5] * 26)
    ben = filled(empty, tmp_path / "ben.csv", [1, 3, 5] * 26)
    arguments = ["adapter", "rate", "voice@2", str(ana), str(ben), "--registry", str(registry.folder), "--json"]
    assert run(arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["agreement"] == {f"alpha_{name}": 1.0 for name in CRITERIA}
    assert 1 <= printed["ratings"]["tuned"]["accuracy"] <= 5
    assert load_evaluations(registry.folder, "voice")[-1].ratings == printed["ratings"]


@pytest.mark.parametrize(("value", "message"), [(9, "'9' is no rating"), (0, "'0' is no rating")])
def test_what_is_no_rating_is_named(
    registry: Registry, empty: str, tmp_path: Path, capsys, value: int, message: str
) -> None:
    file = filled(empty, tmp_path / "ana.csv", [value])
    assert run(["adapter", "rate", "voice@2", str(file), "--registry", str(registry.folder)]) == 2
    assert message in capsys.readouterr().err
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    assert run(["adapter", "rate", "voice@2", str(tmp_path / "other.csv"), "--registry", str(registry.folder)]) == 2
    assert "is no rating sheet" in capsys.readouterr().err
