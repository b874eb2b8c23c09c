"""Rows that programs add to files of examples."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hybrid.errors import RowsError
from hybrid_adapters.datasets import append_example, approved_counts
from hybrid_adapters.rows.example import load_examples

MOON: dict[str, Any] = {
    "question": "How far is the moon?",
    "reply": {"status": "refused", "opening": "Sorry!", "evidence": [], "closing": ""},
    "era": "2026-06",
    "author": "desk",
}


def test_a_new_row_is_open_and_has_an_id_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"
    first, second = append_example(path, MOON), append_example(path, {**MOON, "as": {"user": None, "groups": ["a"]}})
    assert first.id != second.id
    assert [placed.example for placed in load_examples([path])] == [first, second]
    assert second.principal.groups == {"a"}
    assert approved_counts([path]) == {path: 0}


def test_what_stands_there_stays_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    old = '{"id":"a",  "question":"Wö?","reply":{},"era":"1","author":"x","reviewer":"y","decision":"approved"}'
    path.write_text(old, "utf-8")
    append_example(path, MOON)
    assert path.read_text("utf-8").startswith(old + "\n{")
    assert approved_counts([path]) == {path: 1}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": "a"}, "id 'a' is already used"),
        ({"decision": "approved", "reviewer": "desk"}, "says it was reviewed"),
        ({"question": " "}, "no example at question"),
    ],
)
def test_what_is_no_new_row_is_refused(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    path = tmp_path / "rows.jsonl"
    append_example(path, {**MOON, "id": "a"})
    before = path.read_bytes()
    with pytest.raises(RowsError, match=message):
        append_example(path, {**MOON, **fields})
    assert path.read_bytes() == before


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append_example, [path] * 30, [MOON] * 30))
    assert len({json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()}) == 30
