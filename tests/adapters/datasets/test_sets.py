"""Sets of rows made smaller, divided, versioned and exchanged."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from datasets_samples import EMBED, Fields, chat, clean, example, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.contract import Contract, SupportReply
from hybrid.errors import RowsError
from hybrid_adapters.datasets.deduplication import deduplicate
from hybrid_adapters.datasets.dividing import divide
from hybrid_adapters.datasets.exchange import exported, imported
from hybrid_adapters.datasets.reading import load_records
from hybrid_adapters.datasets.records import Record
from hybrid_adapters.datasets.versions import VersionStore, differences, of_era, version_of
from hybrid_adapters.rows.content import content_version


def records(folder: Path, rows: list[Any]) -> list[Record]:
    return load_records([write_rows(folder / "rows.jsonl", rows)])


def test_of_a_group_the_approved_row_stays(tmp_path: Path) -> None:
    kettle = ("kettle.md", "Its handle becomes hot.")
    rows = [
        example("open", "Why was the blue kettle recalled, please?", *kettle, decision="open", reviewer=None),
        *clean(),
        example("again", "why was the blue kettle recalled", *kettle),
        example("other", "why was the blue kettle recalled"),
    ]
    found = deduplicate(records(tmp_path, rows), embed=EMBED, contract=Contract(SupportReply))
    assert [(each.record.id, each.kept) for each in found.repeated] == [("open", "r7"), ("again", "r7")]
    assert [record.id for record in found.kept] == [row["id"] for row in clean()] + ["other"]


def many(count: int, documents: int) -> list[Fields]:
    return [
        example(f"r{at}", f"What is written on page {at}?", f"d{at % documents}.md", f"Page {at}.")
        for at in range(count)
    ]


def test_no_document_stands_on_both_sides(tmp_path: Path) -> None:
    rows = [*many(120, 40), example("same", "please: what is written on page 7", "far.md", "Page seven.")]
    found = divide(records(tmp_path, rows), share=0.2, seed=3, embed=EMBED)
    train, held = ({name for record in part for name in record.documents} for part in (found.train, found.held_out))
    assert not train & held
    assert len(found.held_out) == pytest.approx(24, abs=4)
    assert {"r7", "same"} <= {record.id for record in found.train} or {"r7", "same"} <= {r.id for r in found.held_out}
    random.Random(1).shuffle(rows)
    again = divide(records(tmp_path, rows), share=0.2, seed=3, embed=EMBED)
    assert {record.id for record in again.held_out} == {record.id for record in found.held_out}


@pytest.mark.parametrize(("rows", "share"), [(many(20, 20), 0.15), (many(120, 1), 0.2), (many(120, 40), 1.0)])
def test_what_measures_nothing_is_refused(tmp_path: Path, rows: list[Fields], share: float) -> None:
    with pytest.raises(RowsError, match="held-out rows measure nothing|give one above 0"):
        divide(records(tmp_path, rows), share=share, seed=0, embed=EMBED)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), ascii_=st.booleans())
def test_a_version_depends_on_content_alone(tmp_path_factory: pytest.TempPathFactory, seed: int, ascii_: bool) -> None:
    chance = random.Random(seed)
    rows = clean()
    lines: list[Any] = []
    for row in rows:
        items = [(name, value) for name, value in row.items() if value != [] or chance.random() < 0.5]
        chance.shuffle(items)
        lines.append(json.dumps(dict(items), ensure_ascii=ascii_, separators=chance.choice([(",", ":"), (", ", ": ")])))
    chance.shuffle(lines)
    folder = tmp_path_factory.mktemp("versions")
    assert version_of(records(folder, lines)) == content_version(rows)
    rows[0]["decision"] = "open"
    assert content_version(rows) != version_of(records(folder, lines))


def test_versions_are_kept_and_compared(tmp_path: Path) -> None:
    store = VersionStore(tmp_path / "store")
    first = store.keep("voice", records(tmp_path, clean()), "before the review")
    changed = [*clean()[1:], example("new", "Is there a lift?", era="2026-09")]
    changed[0]["question"] = "Who signs for large refunds?"
    second = store.keep("voice", records(tmp_path, changed))
    assert store.keep("voice", records(tmp_path, clean()[::-1])) == first
    assert [each.version for each in store.versions()] == [first.version, second.version]
    assert second.eras == {"2026-06": 11, "2026-09": 1}
    found = differences(store.rows(first.version[:8]), store.rows(second.version))
    assert (found.added, found.removed) == (("new",), ("r0",))
    assert [(each.id, each.fields) for each in found.changed] == [("r1", ("question",))]
    with pytest.raises(RowsError, match="version 'abcdef' is none"):
        store.rows("abcdef")
    file = tmp_path / "store" / f"{first.version}.jsonl"
    file.write_text(file.read_text("utf-8").replace("moon", "sun"), "utf-8")
    with pytest.raises(RowsError, match="somebody changed it"):
        store.rows(first.version)


def test_an_era_that_does_not_exist(tmp_path: Path) -> None:
    found = records(tmp_path, [*clean(), example("new", "Is there a lift?", era="2026-09")])
    assert [record.id for record in of_era(found, "2026-09")] == ["new"]
    with pytest.raises(RowsError, match="era '2026-10' does not exist in these rows; known: 2026-06, 2026-09"):
        of_era(found, "2026-10")


SYSTEM = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize("format", ["openai", "trl", "trl-conversational"])
def test_examples_come_back_as_they_were_and_open(tmp_path: Path, format: Any) -> None:
    rows = [*clean(), example("open", "Is there a lift?", decision="open", reviewer=None)]
    out = exported(records(tmp_path, rows), format)
    assert (len(out.rows), out.left_out) == (12, 1)
    form, back = imported(write_rows(tmp_path / "out.jsonl", list(out.rows)), era="2026-06", author="ana")
    assert form == "example"
    assert [(row["question"], row["reply"]) for row in back] == [(row["question"], row["reply"]) for row in clean()]
    assert {row["decision"] for row in back} == {"open"}
    assert len(records(tmp_path, back)) == 12


def test_chats_and_preferences_come_back_too(tmp_path: Path) -> None:
    talk = chat("c1", "Hello?", "Hello!", documents=["a.md"])
    talk["messages"].insert(0, SYSTEM)
    out = exported(records(tmp_path, [talk]), "trl-conversational")
    assert out.rows == ({"prompt": talk["messages"][:2], "completion": talk["messages"][2:]},)
    form, (back,) = imported(write_rows(tmp_path / "chats.jsonl", list(out.rows)), era="1", author="x")
    assert (form, back["messages"], back["source"]) == ("chat", talk["messages"], "chats.jsonl")
    pair = {name: value for name, value in chat("p1", "", "").items() if name != "messages"}
    pair |= {"prompt": [SYSTEM, {"role": "user", "content": "Hi"}], "chosen": "Good day.", "rejected": "Yo."}
    out = exported(records(tmp_path, [pair]), "trl-preference")
    form, (back,) = imported(write_rows(tmp_path / "pairs.jsonl", list(out.rows)), era="1", author="x")
    assert (form, back["prompt"], back["chosen"], back["rejected"]) == (
        "preference", pair["prompt"], "Good day.", "Yo.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (['{"messages": ['], ":1: broken JSON"),
        ([{"text": "once upon a time"}], "fields text are of no known format"),
        ([{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}], "tools and pictures are not read"),
        (
            [{"prompt": "a", "completion": "b"}, {"prompt": "a", "chosen": "b", "rejected": "c"}],
            ":2: mixed formats: a preference among chats",
        ),
    ],
)
def test_what_cannot_be_imported_is_named(tmp_path: Path, rows: list[Any], message: str) -> None:
    with pytest.raises(RowsError) as caught:
        imported(write_rows(tmp_path / "theirs.jsonl", rows), era="1", author="x")
    assert message in str(caught.value)


def test_implicit_prompts_and_the_same_row_twice(tmp_path: Path) -> None:
    user, good, bad = ({"role": role, "content": role} for role in ("user", "assistant", "assistant"))
    bad = {**bad, "content": "no"}
    row = {"chosen": [user, good], "rejected": [user, bad]}
    form, back = imported(write_rows(tmp_path / "pairs.jsonl", [row, row]), era="1", author="x")
    assert form == "preference"
    assert back[0]["prompt"] == [user]
    assert back[1]["id"] == back[0]["id"] + "-2"


def test_nothing_unapproved_is_exported(tmp_path: Path) -> None:
    with pytest.raises(RowsError, match="none of 1 rows is approved, and only approved rows train"):
        exported(records(tmp_path, [example("open", "A?", decision="open", reviewer=None)]), "openai")
    with pytest.raises(RowsError, match="has no rejected reply"):
        exported(records(tmp_path, clean()), "trl-preference")
