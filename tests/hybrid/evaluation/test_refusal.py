from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.errors import InputError
from hybrid.evaluation.questions import Question
from hybrid.evaluation.refusal import MAX_FALSE_REFUSALS, Support, calibrate, choose_threshold, measure_support
from hybrid.types import Answer

values = st.floats(0, 1, width=32)


def supports(answerable, unanswerable, refused=lambda value: False):
    return [
        Support(
            question=Question(id=f"{kind}{number}", text="?", place="g:1", answerable=kind),
            value=value,
            refused=refused(value),
        )
        for kind, group in ((True, answerable), (False, unanswerable))
        for number, value in enumerate(group)
    ]


def test_separable_supports_are_cut_in_the_middle_of_the_gap():
    found = calibrate(supports([0.8, 0.9, 0.7, 0.95], [0.1, 0.2, 0.3]))
    assert found.threshold == pytest.approx(0.5)
    assert (found.rates.true_refusals, found.rates.false_refusals) == (1, 0)
    assert found.folds == 3
    assert found.cross_validated.true_refusals == 1


@settings(deadline=None)
@given(st.lists(values, min_size=1, max_size=60), st.lists(values, min_size=1, max_size=30))
def test_no_threshold_does_better_within_the_limit_of_false_refusals(answerable, unanswerable):
    kinds = np.array([True] * len(answerable) + [False] * len(unanswerable))
    scores = np.array([*answerable, *unanswerable])
    threshold = choose_threshold(scores, kinds)

    def rates(cut):
        return (scores[~kinds] < cut).mean(), (scores[kinds] < cut).mean()

    true, false = rates(threshold)
    assert false <= MAX_FALSE_REFUSALS
    assert all(rates(cut)[0] <= true for cut in scores if rates(cut)[1] <= MAX_FALSE_REFUSALS)


def test_one_false_refusal_in_twenty_is_within_the_limit_and_one_in_nineteen_is_not():
    low, high = [0.5], [0.1]
    assert calibrate(supports([0.2, *low * 19], [*high, 0.3])).rates.true_refusals == 1
    assert calibrate(supports([0.2, *low * 18], [*high, 0.3])).rates.true_refusals == 0.5


def test_inseparable_supports_refuse_nothing():
    found = calibrate(supports([0.5] * 10, [0.5] * 10))
    assert found.threshold == 0
    assert found.rates.true_refusals == 0


def test_cross_validation_is_less_flattering_where_supports_carry_no_information():
    generator = np.random.default_rng(1)
    found = calibrate(supports(generator.random(40), generator.random(10)))
    assert found.folds == 5
    assert found.cross_validated.true_refusals <= found.rates.true_refusals


def test_what_the_pipeline_does_now_is_kept_beside():
    found = calibrate(supports([0.4, 0.9], [0.1, 0.6], refused=lambda value: value < 0.5))
    assert (found.observed.true_refusals, found.observed.false_refusals) == (0.5, 0.5)


def test_a_single_unanswerable_question_has_no_cross_validation():
    assert calibrate(supports([0.9, 0.8], [0.1])).cross_validated is None


@pytest.mark.parametrize("support", [float("nan"), -0.1, 1.5])
def test_a_support_that_is_no_share_is_refused(support):
    def ask(question, principal):
        return Answer(question=question, status="answered", text="", support=support, model="mine")

    question = Question(id="q", text="?", place="g:1")
    with pytest.raises(InputError, match="question 'q' got support .* from 'mine'"):
        measure_support(ask, [question], lambda *step: None)
