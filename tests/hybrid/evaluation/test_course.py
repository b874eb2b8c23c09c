"""Pages of figures over time: whatever is drawn stays on the paper, and no text becomes markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.evaluation.report.course import HEIGHT, WIDTH, CoursePage, Plot, Point, Table, render_course

values = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


def page(points, **fields):
    known = {"kind": "Drift", "title": "golden", "subtitle": "", "verdict": "no drift", "good": True}
    return render_course(
        CoursePage(**known, plots=(Plot(title="Size", points=tuple(points), limits=(0.25,)),), **fields)
    )


@given(rows=st.lists(st.tuples(st.floats(0, 2e9), values), min_size=1, max_size=12))
def test_everything_is_drawn_on_the_paper(rows):
    points = [Point(moment=moment, value=value, low=value - 1, high=value + 1) for moment, value in sorted(rows)]
    text = page(points)
    pairs = re.findall(r"(-?[\d.]+),(-?[\d.]+)", " ".join(re.findall(r'points="([^"]*)"', text)))
    assert len(pairs) == 3 * len(points)
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in pairs)


@pytest.mark.parametrize(("span", "label"), [(86_400, "01. 12:00"), (86_400 * 30, "01-16")])
def test_dates_give_way_to_hours_within_a_few_days(span, label):
    assert f">{label}<" in page([Point(moment=0, value=0.1), Point(moment=span, value=0.3)])


def test_ticks_are_round():
    text = page([Point(moment=0, value=0.013), Point(moment=10, value=0.387)])
    assert [each for each in ("0.1", "0.2", "0.3") if f">{each}</text>" in text] == ["0.1", "0.2", "0.3"]


def test_no_text_becomes_markup():
    evil = "<script>alert(1)</script>"
    text = page(
        [Point(moment=0, value=1)],
        reasons=(evil,),
        note=evil,
        tables=(Table(title=evil, head=(evil,), rows=((evil,),)),),
    )
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 5
