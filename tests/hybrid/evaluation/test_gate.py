"""The promotion gate: what it lets through, what it does not, and why."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.errors import CheckFailed, RowsError
from hybrid.evaluation.gate import LEAST_ROWS, Results, decide
from hybrid.evaluation.paired import paired_gain

FINE = frozenset[str]()


def arm(scores: list[float], *, faults: list[frozenset[str]] | None = None, **rest: float) -> Results:
    return Results(scores=scores, faults=faults or [FINE] * len(scores), **rest)


BETTER = arm([1.0] * 45 + [0.0] * 5, format_valid=1.0, general=100.0)
POORER = arm([1.0] * 25 + [0.0] * 25, format_valid=1.0, general=100.0)


def test_a_clear_gain_passes() -> None:
    verdict = decide(BETTER, {"prompt": POORER, "service": POORER})
    assert verdict.passed
    assert verdict.comparisons[0].gain.mean == pytest.approx(0.4)
    verdict.require_passed("voice@2")


def test_without_a_gain_the_simpler_approach_is_shipped() -> None:
    verdict = decide(BETTER, {"prompt": BETTER})
    with pytest.raises(CheckFailed, match="does not beat prompting by the margin: ship the simpler approach") as failed:
        verdict.require_passed("voice@2")
    assert failed.value.exit_code == 1


def test_a_gain_below_the_margin_is_none() -> None:
    slightly = arm([0.51] * 200)
    assert "margin 0.02" in decide(slightly, {"prompt": arm([0.5] * 200)}).reasons[0]


def test_the_version_in_service_has_to_be_beaten_too() -> None:
    reasons = decide(BETTER, {"prompt": POORER, "service": BETTER}).reasons
    assert len(reasons) == 1
    assert "service" in reasons[0]


def test_an_error_that_becomes_more_frequent_blocks() -> None:
    failing = [frozenset({"wrong evidence"})] * 12 + [FINE] * 38
    reasons = decide(arm(list(BETTER.scores), faults=failing), {"prompt": POORER}).reasons
    assert reasons == ("'wrong evidence' happens oftener than with prompt, by 0.240",)


def test_forgetting_blocks() -> None:
    forgetful = arm(list(BETTER.scores), general=140.0)
    assert decide(forgetful, {"prompt": POORER}).reasons == (
        "forgets: perplexity on general text is +40% against prompt",
    )


def test_a_format_that_only_the_grammar_keeps_blocks() -> None:
    reasons = decide(arm(list(BETTER.scores), format_valid=0.9), {"prompt": POORER}).reasons
    assert reasons == ("keeps the contract by itself in 90.0% of its replies, below 95%",)


def test_three_rows_decide_nothing() -> None:
    with pytest.raises(RowsError, match=f"the held-out set has 3 rows, and below {LEAST_ROWS}"):
        decide(arm([1.0] * 3), {"prompt": arm([0.0] * 3)})


def test_nothing_is_compared_with_nothing() -> None:
    with pytest.raises(RowsError, match="no arm to compare with"):
        decide(BETTER, {})
    with pytest.raises(RowsError, match="not asked the same rows"):
        decide(BETTER, {"prompt": arm([0.0] * 20)})


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=LEAST_ROWS, max_size=60))
def test_what_beats_is_not_beaten(pairs: list[tuple[float, float]]) -> None:
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    forth, back = paired_gain(one, other), paired_gain(other, one)
    assert not (forth.is_clear and back.is_clear)
    assert forth.mean == pytest.approx(-back.mean, abs=1e-5)
    assert forth.interval.low - 1e-5 <= forth.mean <= forth.interval.high + 1e-5 or np.ptp(np.subtract(one, other)) > 0
