"""A quote as people read it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.evidence.reading import plain

PARTS = st.lists(st.sampled_from(["[", "]", "1", "23", "٣", "*", "**", "|", "- ", " ", "\n", "word", "```"]))


@given(PARTS.map("".join))
def test_no_quote_can_hold_what_looks_like_a_marker(text: str):
    assert re.findall(r"\[\d+\]", f"{plain(text)} [1]") == ["[1]"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See [2] and [**3**].", "See [ 2 ] and [ 3 ]."),
        ("| [1] | x |", "[ 1 ] | x"),
        ("```\nrow[2]\n```", "```\nrow[ 2 ]\n```"),
        ("[2](a.md), [2a], [x], [ 2 ]", "[ 2 ](a.md), [2a], [x], [ 2 ]"),
    ],
)
def test_a_number_in_brackets_keeps_its_meaning_and_is_no_marker(text: str, shown: str):
    assert plain(text) == shown
