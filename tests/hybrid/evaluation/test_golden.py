from __future__ import annotations

import re
from pathlib import Path

import pytest

from hybrid.errors import GoldenError
from hybrid.evaluation.golden import load_golden
from hybrid.evaluation.names import DocumentNames
from hybrid.types import ANONYMOUS, Principal

IDS = ["docs:help/refunds.md", "docs:help/plans.md", "wiki:help/plans.md", "wiki:team.v2.md"]
ROW = {"id": "q1", "question": "How long?", "answerable": True, "relevant": [{"document": "refunds"}]}


def test_a_full_row_is_read_with_all_it_says(write_rows):
    row = {
        **ROW,
        "as": {"user": "ana", "groups": ["legal", "staff"]},
        "relevant": [{"document": "help/refunds.md", "lines": [3, 4], "quote": "five days"}],
        "forbidden": ["team.v2"],
        "tags": ["direct"],
    }
    golden = load_golden(write_rows(row), IDS)
    (question,) = golden.questions
    assert golden.name == "golden.jsonl"
    assert question.principal == Principal(user="ana", groups=frozenset({"legal", "staff"}))
    assert question.targets[0].document_id == "docs:help/refunds.md"
    assert question.targets[0].lines == (3, 4)
    assert question.targets[0].quote == "five days"
    assert question.forbidden == ("wiki:team.v2.md",)
    assert question.tags == ("direct",)


def test_nobody_named_is_the_anonymous_visitor(write_rows):
    assert load_golden(write_rows(ROW), IDS).questions[0].principal == ANONYMOUS


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_do_no_harm(write_rows, tmp_path):
    path = write_rows(ROW)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\r\n\r\n")
    assert len(load_golden(path, IDS).questions) == 1


@pytest.mark.parametrize("name", ["docs:help/refunds.md", "help/refunds.md", "refunds"])
def test_a_document_is_named_by_id_path_or_stem(name):
    assert DocumentNames(IDS).resolve(name) == "docs:help/refunds.md"


def test_a_path_wins_over_a_stem():
    assert DocumentNames(["a:plans", "b:x/plans.md"]).resolve("plans") == "a:plans"


FAULTS = [
    ("{not json", "broken JSON"),
    ("[]", "row: "),
    ({**ROW, "id": ""}, "id: "),
    ({**ROW, "id": 7}, "id: input should be a valid string, got 7"),
    ({key: value for key, value in ROW.items() if key != "question"}, "field 'question' is missing"),
    ({**ROW, "question": " "}, "question: "),
    ({**ROW, "forbiden": ["plans"]}, "unknown field 'forbiden'; did you mean 'forbidden'?"),
    ({**ROW, "relevant": ["refunds"]}, "relevant.0: "),
    ({**ROW, "relevant": [{"document": "refunds", "lines": [4, 3]}]}, "the first line must not come after the last"),
    ({**ROW, "relevant": [{"document": "refunds", "lines": [0, 3]}]}, "relevant.0.lines.0: "),
    ({**ROW, "answerable": "yes"}, "answerable: "),
    ({**ROW, "relevant": []}, "question 'q1' has no relevant document"),
    ({**ROW, "answerable": False}, "question 'q1' is not answerable but names 'refunds' as relevant"),
    ({**ROW, "relevant": [{"document": "refund"}]}, "unknown document 'refund'; did you mean 'refunds'"),
    (
        {**ROW, "relevant": [{"document": "plans"}]},
        "document 'plans' is ambiguous; write one of 'docs:help/plans.md' or",
    ),
    ({**ROW, "forbidden": ["zzz"]}, "unknown document 'zzz'; nothing in the index is named like it"),
    ({**ROW, "forbidden": ["refunds"]}, "names 'docs:help/refunds.md' as relevant and as forbidden"),
    ({**ROW, "as": {"groups": [" "]}}, "group:' ' is not a usable name"),
    ({**ROW, "as": {"user": "ana", "role": "x"}}, "unknown field 'as.role'"),
]


@pytest.mark.parametrize(("row", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_faulty_row_is_named_with_file_line_and_advice_on_one_line(write_rows, row, message):
    path = write_rows({**ROW, "id": "sound"}, "", row)
    with pytest.raises(GoldenError, match=re.escape(message)) as caught:
        load_golden(path, IDS)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert "\n" not in str(caught.value)


def test_an_id_used_twice_names_both_lines(write_rows):
    path = write_rows(ROW, ROW)
    with pytest.raises(GoldenError, match=re.escape(f"{path}:2: id 'q1' is already used at {path}:1")):
        load_golden(path, IDS)


def test_an_empty_a_missing_and_a_binary_file_are_named(tmp_path: Path):
    empty, missing, binary = tmp_path / "empty.jsonl", tmp_path / "none.jsonl", tmp_path / "binary.jsonl"
    empty.write_text("\n \n")
    binary.write_bytes(b'{"id": "\xff"}')
    with pytest.raises(GoldenError, match="is empty"):
        load_golden(empty, IDS)
    with pytest.raises(GoldenError, match="cannot be read"):
        load_golden(missing, IDS)
    with pytest.raises(GoldenError, match=r"binary\.jsonl:1: byte 9 is not UTF-8"):
        load_golden(binary, IDS)
    with pytest.raises(GoldenError, match="cannot be read"):
        load_golden(tmp_path, IDS)
