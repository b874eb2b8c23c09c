"""``hybrid data check --model``: rows that a model answers rightly by itself are named, each asked as who asks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets_samples import chat, clean, example, write_rows

from hybrid._cli.main import run
from hybrid._toml import to_toml


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The documents of the sample rows, one of which only the managers may read."""
    (tmp_path / "docs").mkdir()
    for row in clean():
        for said in row["reply"]["evidence"]:
            name, text = said["document"], said["quote"]
            access = "access: ['group:managers']" if name == "refunds.md" else "access: [public]"
            (tmp_path / "docs" / name).write_text(f"---\n{access}\n---\n# {name[:-3].title()}\n\n{text}\n", "utf-8")
    (tmp_path / "hybrid.toml").write_text(
        to_toml({"sources": [{"type": "folder", "name": "docs", "path": "docs"}], "answer": {"refuse_below": 0.05}}),
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    assert run(["sync", "--quiet"]) == 0
    return tmp_path


def known(shop: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    capsys.readouterr()
    run(["data", "check", str(shop / "rows.jsonl"), "--quiet", "--json", *options])
    return json.loads(capsys.readouterr().out)["already_right"]


def test_rows_that_a_model_gets_right_are_named(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = example("wrong", "Where is the warehouse key kept, please?", "lost.md", "Umbrellas go to the theatre.")
    hidden = "Who signs for refunds above the limit?"
    managers = {"user": None, "groups": ["managers"]}
    rows = [
        *(row for row in clean() if row["question"] != hidden),
        example("manager", hidden, "refunds.md", "The head of sales signs.", **{"as": managers}),
        example("visitor", hidden, "refunds.md", "The head of sales signs."),
        example("unapproved", "When does the summer sale begin?", decision="open", reviewer=None),
        wrong,
    ]
    write_rows(shop / "rows.jsonl", rows)
    found = known(shop, capsys, "--model", "extractive")
    assert {"r0", "r3", "manager"} <= set(found)
    # The visitor may not read the document; nobody approved one row; and the model points elsewhere than the other.
    assert not {"visitor", "unapproved", "wrong"} & set(found)


def test_the_bundled_model_is_asked_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("torch", "bitsandbytes", "llguidance"):
        pytest.importorskip(package, reason="the extra 'local' brings it")
    write_rows(shop / "rows.jsonl", clean()[:3])
    found = known(shop, capsys, "--model", "local:hybrid-mini")
    assert set(found) <= {"r0", "r1", "r2"}
    assert "r1" not in found


def test_without_a_model_nobody_is_asked(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(shop / "rows.jsonl", clean())
    assert not known(shop, capsys)


def test_chats_have_no_principal_and_are_asked_of_no_pipeline(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(shop / "rows.jsonl", [chat(f"c{at}", f"Question {at}?", "Reply.") for at in range(3)])
    assert run(["data", "check", str(shop / "rows.jsonl"), "--model", "extractive", "--quiet"]) == 2
    assert "is asked of no pipeline; leave --model out, or name examples" in capsys.readouterr().err
