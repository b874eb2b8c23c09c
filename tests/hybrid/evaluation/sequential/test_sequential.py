"""Intervals that hold at every look: they never widen, they cover, and a known gain is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.evaluation.sequential.difference import difference_intervals
from hybrid.evaluation.sequential.mean import mean_intervals
from hybrid.evaluation.sequential.shares import shares_evidence

LOOKS = [10, 20, 40, 70, 110, 160, 220, 300]
SEEDS = 120


def _wealth(values, fraction, candidate):
    return np.prod(1 + fraction * (values / candidate - 1))


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=60), alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_looking_again_never_widens_an_interval(values, alpha):
    found = mean_intervals(np.array(values), range(1, len(values) + 1), alpha=alpha)
    for one, two in zip(found, found[1:], strict=False):
        assert one.low <= two.low
        assert two.high <= one.high
    assert found[0].low >= 0
    assert found[0].high <= 1


@given(values=st.lists(st.floats(0, 1), min_size=5, max_size=60))
def test_an_interval_turns_with_the_scale_of_the_values(values):
    unit, looks = np.array(values), [len(values)]
    (plain,) = mean_intervals(unit, looks)
    (scaled,) = mean_intervals(10 * unit - 3, looks, low=-3, high=7)
    (turned,) = mean_intervals(1 - unit, looks)
    assert (scaled.low, scaled.high) == pytest.approx((10 * plain.low - 3, 10 * plain.high - 3), abs=1e-3)
    assert (turned.low, turned.high) == pytest.approx((1 - plain.high, 1 - plain.low), abs=1e-4)


def test_the_ends_are_where_the_wealth_of_a_bettor_reaches_its_limit():
    """By the definition itself, multiplied out instead of summed up as logarithms."""
    values = np.random.default_rng(4).random(200) ** 3
    ((low, high),) = [(i.low, i.high) for i in mean_intervals(values, [200])]
    fractions = [0.9 / 2**k for k in range(10)]
    above = np.mean([_wealth(values, fraction, low) for fraction in fractions])
    below = np.mean([_wealth(1 - values, fraction, 1 - high) for fraction in fractions])
    assert above == pytest.approx(40, rel=0.02)
    assert below == pytest.approx(40, rel=0.02)


@pytest.mark.parametrize("rate", [0.02, 0.5])
def test_a_true_mean_is_in_all_intervals_of_nearly_all_runs(rate):
    generator = np.random.default_rng(1)
    missed = 0
    for _ in range(SEEDS):
        found = mean_intervals((generator.random(300) < rate).astype(float), LOOKS)
        missed += any(not interval.low <= rate <= interval.high for interval in found)
    # 5 % of 120 are 6; that even one at the very limit has more than 14 has a probability of 0.2 %.
    assert missed <= 14


@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("gain", [0.0, 0.2])
def test_a_true_difference_is_in_all_intervals_of_nearly_all_runs(share, gain):
    generator = np.random.default_rng(2)
    missed = 0
    for _ in range(SEEDS):
        treated = generator.random(300) < share
        values = (generator.random(300) < np.where(treated, 0.3 + gain, 0.3)).astype(float)
        found = difference_intervals(values, treated, LOOKS, share=share)
        missed += any(not interval.low <= gain <= interval.high for interval in found)
    assert missed <= 14


def test_a_large_difference_is_found_whatever_the_first_value_of_the_arms():
    generator = np.random.default_rng(3)
    treated = generator.random(2_000) < 0.5
    values = (generator.random(2_000) < np.where(treated, 0.9, 0.6)).astype(float)
    (interval,) = difference_intervals(values, treated, [2_000], share=0.5)
    assert 0 < interval.low < 0.3 < interval.high < 0.5


def test_nothing_seen_says_nothing():
    (interval,) = difference_intervals(np.array([]), np.array([], dtype=np.bool_), [0], share=0.5)
    assert (interval.low, interval.high) == (-1.0, 1.0)


def test_a_value_outside_its_bounds_is_refused():
    with pytest.raises(ValueError, match="between"):
        mean_intervals(np.array([1.2]), [1])


def test_a_mean_that_moves_leaves_no_value():
    values = np.concatenate([np.zeros(400), np.ones(400)])
    found = mean_intervals(values, [400, 800])
    assert found[1].low > found[1].high


def test_lost_units_are_seen_and_fair_draws_are_not():
    assert shares_evidence([0, 0], [0.5, 0.5]) == 1.0
    generator = np.random.default_rng(5)
    highest = []
    for _ in range(SEEDS):
        drawn = np.cumsum(generator.random(300) < 0.3)
        highest.append(max(shares_evidence([n - int(drawn[n - 1]), int(drawn[n - 1])], [0.7, 0.3]) for n in LOOKS))
    assert sum(value >= 100 for value in highest) <= 6
    assert shares_evidence([900, 300], [0.5, 0.5]) > 100
    assert shares_evidence([10**6, 1], [0.5, 0.5]) > 100
