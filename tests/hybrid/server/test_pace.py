"""How long whoever comes now would wait, by what was seen of late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.server.pace import Pace

seconds = st.floats(min_value=0.001, max_value=100.0)


def test_nothing_is_expected_before_anything_was_seen():
    assert Pace(4).wait(100) == 0.0


def test_even_work_is_foreseen_exactly():
    pace = Pace(2)
    for _ in range(100):
        pace.note(0.1)
    assert pace.wait(0) == 0.0
    assert pace.wait(10) == pytest.approx(0.5, rel=1e-3)


def test_uneven_work_is_expected_to_take_longer_than_its_mean():
    pace = Pace(1)
    for turn in range(200):
        pace.note(0.1 if turn % 2 else 0.3)
    assert 0.3 < pace.wait(1) < 0.8
    assert pace.wait(100) < 30


@given(st.lists(seconds, min_size=1, max_size=50), st.integers(1, 8))
def test_more_in_front_is_never_a_shorter_wait(seen, workers):
    pace = Pace(workers)
    for each in seen:
        pace.note(each)
    waits = [pace.wait(place) for place in range(5)]
    assert waits == sorted(waits)
    assert waits[1] <= 5 * max(seen)
