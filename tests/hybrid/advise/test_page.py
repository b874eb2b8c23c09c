"""The page of requirements: all 52, each with a place, and every command and page that it names is there."""

import re
from pathlib import Path

import pytest

from hybrid._cli import adapter, data, main
from hybrid.advise.rules import RULES

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "advise.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
GROUPS = {"data": data._Commands.table, "adapter": adapter._Commands.table}


def test_every_requirement_has_a_place():
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 53))
    assert all(place.strip() for _, _, place in ROWS)


def test_every_rule_of_the_tool_is_named_with_its_sources():
    said = {int(number): text for number, text, _ in ROWS}
    for number, rule in RULES.items():
        assert set(rule.sources) <= set(re.findall(r"S\d", said[number])), number


@pytest.mark.parametrize("place", [pytest.param(place, id=number) for number, _, place in ROWS])
def test_what_is_named_is_there(place):
    for page in re.findall(r"\]\((.+?\.md)\)", place):
        assert (DOCS / page).is_file()
    for words in re.findall(r"`(?:hybrid )?((?:data|adapter|recall-check|drift|advise|serve|check)\b[^`]*)`", place):
        first, *rest = words.split()
        if first in GROUPS and rest:
            assert rest[0] in GROUPS[first], words
        elif first not in ("data", "adapter"):
            assert first in main._Commands.table, words
