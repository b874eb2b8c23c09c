"""Only rows that somebody approved train; a row that cannot be trained on is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from training_samples import chat_rows, preference_rows, write_rows

from hybrid.errors import RowsError
from hybrid_adapters.training._rows import read_chats, read_preferences, read_texts


def change(place: int, **fields: Any) -> list[dict[str, Any]]:
    rows = chat_rows()
    rows[place] |= fields
    return rows


def test_approved_rows_are_read_with_their_origin(tmp_path: Path) -> None:
    rows, found = read_chats(write_rows(tmp_path / "rows.jsonl", chat_rows()))
    assert [row.id for row in rows] == [f"row-{place}" for place in range(8)]
    assert (found.rows, found.approved, found.eras, found.reviewers) == (8, 8, {"2026": 8}, ("kim",))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the file is empty"),
        (chat_rows(1, held_out=0), r"1 training row\(s\)"),
        (chat_rows(2, held_out=2), r"0 training row\(s\)"),
        (change(3, decision="open"), "1 of 8 rows are not approved .row 'row-3' is 'open'"),
        (change(3, id="row-2"), "rows.jsonl:4: id 'row-2' stands twice"),
        (change(3, messages=chat_rows()[0]["messages"][:2]), "row 'row-3' ends with a message of the user"),
        (change(3, messages=[]), "rows.jsonl:4: messages"),
    ],
)
def test_rows_that_may_not_be_trained_on_are_refused(tmp_path: Path, rows: list[Any], message: str) -> None:
    with pytest.raises(RowsError, match=message):
        read_chats(write_rows(tmp_path / "rows.jsonl", rows))


def test_a_row_without_a_decision_is_not_approved(tmp_path: Path) -> None:
    rows = chat_rows()
    del rows[0]["decision"]
    with pytest.raises(RowsError, match="row 'row-0' is 'open'"):
        read_chats(write_rows(tmp_path / "rows.jsonl", rows))


def test_a_preference_of_a_reply_to_itself_is_refused(tmp_path: Path) -> None:
    rows = preference_rows()
    rows[1]["rejected"] = rows[1]["chosen"]
    with pytest.raises(RowsError, match="row 'row-1' prefers a reply to itself"):
        read_preferences(write_rows(tmp_path / "rows.jsonl", rows))


def test_a_folder_of_texts_is_read_in_order(tmp_path: Path) -> None:
    for name, text in (("b.md", "Two."), ("a.txt", "One."), ("empty.txt", " "), ("c.png", "no text")):
        (tmp_path / name).write_text(text, "utf-8")
    rows, found = read_texts(tmp_path)
    assert [(row.id, row.text) for row in rows] == [("a.txt", "One."), ("b.md", "Two.")]
    assert found.rows == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: file.write_bytes(b"ab\xff"), "byte 3 is not UTF-8"),
        (lambda file: file.write_text(" \n"), "there is no text"),
        (lambda file: None, "cannot be read"),
    ],
)
def test_a_text_that_cannot_be_read_is_named(tmp_path: Path, make: Callable[[Path], Any], message: str) -> None:
    make(tmp_path / "a.txt")
    with pytest.raises(RowsError, match=message):
        read_texts(tmp_path / "a.txt")
