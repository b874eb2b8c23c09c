"""Files of examples and of rows: what is read, and which line is named where it cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rows_samples import INVITATION, MOON, example, write_examples

from hybrid.errors import RowsError, StorageError
from hybrid.types import Principal
from hybrid_adapters.rows.card import card_path, load_dataset
from hybrid_adapters.rows.example import load_examples
from hybrid_adapters.rows.row import load_rows, rows_text


def changed(**fields: object) -> dict[str, object]:
    return {**INVITATION, **fields}


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({**MOON, "reviewr": "ben"}, "unknown field 'reviewr'; did you mean 'reviewer'?"),
        ({"id": "x"}, "field 'question' is missing; add it"),
        (changed(id="moon", era=""), "era: string should have at least 1 character"),
        (changed(id="moon", decision="yes"), "decision: input should be 'approved', 'rejected' or 'open'"),
        (changed(id="invitation"), "id 'invitation' is already used at"),
        (changed(id="moon", reviewer=None), "example 'moon' is approved by nobody; name its reviewer"),
        (changed(id="moon", **{"as": {"groups": [1]}}), "as.groups.0: input should be a valid string"),
        (changed(id="moon", **{"as": {"user": " "}}), "example 'moon': "),
        ([1], "input should be an object"),
    ],
)
def test_a_line_that_is_no_example_is_named_with_file_and_number(tmp_path: Path, second: object, reason: str) -> None:
    file = write_examples(tmp_path / "a.jsonl", INVITATION)
    file.write_text(file.read_text("utf-8") + "\n" + json.dumps(second) + "\n", "utf-8")
    with pytest.raises(RowsError) as error:
        load_examples([file])
    assert str(error.value).startswith(f"{file}:3: ")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "the file is empty"), (b"\xff\n", "byte 1 is not UTF-8"), (b"{\n", "broken JSON")],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(RowsError, match=reason):
        load_examples([tmp_path / "a.jsonl"])


def test_files_of_a_folder_are_read_once_and_in_order(tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    second = write_examples(tmp_path / "voices" / "b.jsonl", INVITATION)
    first = write_examples(tmp_path / "a.jsonl", MOON)
    placed = load_examples([tmp_path, second])
    assert [each.example.id for each in placed] == ["moon", "invitation"]
    assert [each.place for each in placed] == [f"{first}:1", f"{second}:1"]
    assert placed[0].example.principal == Principal()
    with pytest.raises(RowsError, match="holds no"):
        load_examples([_empty(tmp_path)])


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def test_rows_and_card_are_read_as_they_were_written(bench, tmp_path: Path) -> None:
    built = bench.build()
    built.write(tmp_path / "rows.jsonl")
    assert load_dataset(tmp_path / "rows.jsonl") == (list(built.rows), built.card)
    assert (tmp_path / "rows.jsonl").read_text("utf-8") == rows_text(built.rows)
    assert built.card.counts == {
        "status": {"answered": 4, "clarify": 1, "refused": 1},
        "era": {"2026-06": 6},
        "split": {"train": 6},
        "decision": {"approved": 6},
    }
    assert (built.card.reviewers, built.card.distilled, set(built.card.examples)) == (
        {"ben": 6},
        False,
        {"examples.jsonl"},
    )


def test_a_card_of_other_rows_is_refused(bench, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    bench.build().write(path)
    path.write_text(path.read_text("utf-8").replace("Here you go", "There you go", 1), "utf-8")
    with pytest.raises(RowsError, match="its card describes"):
        load_dataset(path)
    card_path(path).write_text('{"version": 1}')
    with pytest.raises(RowsError, match="is no dataset card at version"):
        load_dataset(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda row: [row, row], "stands twice"),
        (lambda row: [{**row, "messages": row["messages"][:2]}], "has the messages system, user; a row is"),
        (lambda row: [{**row, "split": "test"}], "split: input should be 'train' or 'held-out'"),
    ],
)
def test_rows_that_nobody_can_train_with_are_refused(bench, tmp_path: Path, change, reason: str) -> None:
    row = bench.build(INVITATION).rows[0].model_dump()
    write_examples(tmp_path / "rows.jsonl", *change(row))
    with pytest.raises(RowsError, match=reason):
        load_rows(tmp_path / "rows.jsonl")


class _Killed(BaseException):
    pass


def test_whoever_is_killed_while_writing_leaves_the_old_files(bench, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "out" / "rows.jsonl"
    path.parent.mkdir()
    bench.build(INVITATION).write(path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}

    def killed(descriptor: int) -> None:
        raise _Killed

    monkeypatch.setattr("os.fsync", killed)
    with pytest.raises(_Killed):
        bench.build().write(path)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_place_that_refuses_is_named(bench, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written: No such file"):
        bench.build(INVITATION).write(tmp_path / "absent" / "rows.jsonl")


def test_a_new_file_is_readable_like_any_other(bench, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    bench.build(INVITATION).write(tmp_path / "rows.jsonl")
    assert (tmp_path / "rows.jsonl").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_nothing_to_build_says_why(bench) -> None:
    with pytest.raises(RowsError, match="none of 1 examples became a row; the first, 'x' at .*:1, is unapproved"):
        bench.build(example("x", "Why?", decision="open"))
