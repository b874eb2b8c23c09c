"""Who is drawn into which variant, what counts, and what is said of it."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hybrid.errors import ConfigError
from hybrid.experiments.answers import ExperimentAnswer
from hybrid.experiments.assignment import variant_of
from hybrid.experiments.comparison import compare
from hybrid.experiments.people import DAY, people_of, ratio_of, seconds_of
from hybrid.experiments.settings import ExperimentSettings
from hybrid.types import ANONYMOUS, Principal

NONE, WARM = "none", "warm@2"


def experiment(**fields):
    return ExperimentSettings(**({"name": "warmth", "variants": {NONE: 0.5, WARM: 0.5}} | fields))


def answer(user, moment=0.0, **fields):
    drawn = variant_of(experiment(), Principal(user=user))
    return ExperimentAnswer(
        **(
            {"tenant": "", "user": user, "moment": moment, "variant": drawn, "status": "answered", "seconds": 1.0}
            | fields
        )
    )


def crowd(rates, *, count=1_500, seed=1):
    """Return one answer each of many people, rated down at a rate that depends on their variant."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        one = answer(f"user-{number}", moment=number * 600.0)
        down = chance.random() < rates[one.variant]
        made.append(answer(one.user, one.moment, rating="down" if down else None, rated=one.moment))
    return made


@given(user=st.text(min_size=1), tenant=st.text())
def test_nobody_changes_sides(user, tenant):
    principal = Principal(user=user, tenant=tenant)
    assert variant_of(experiment(), principal) == variant_of(experiment(), principal)


def test_shares_are_kept_and_experiments_do_not_follow_each_other():
    three = experiment(name="three", variants={NONE: 0.2, "a@1": 0.3, "b@1": 0.5})
    other = experiment(name="other", variants={NONE: 0.2, "a@1": 0.3, "b@1": 0.5})
    people = [Principal(user=f"u{n}") for n in range(4_000)]
    drawn = Counter(variant_of(three, person) for person in people)
    both = Counter((variant_of(three, person), variant_of(other, person)) for person in people)
    for label, share in three.variants.items():
        assert drawn[label] / 4_000 == pytest.approx(share, abs=0.03)
        assert both[label, "b@1"] / drawn[label] == pytest.approx(0.5, abs=0.07)


def test_visitors_take_no_part():
    assert variant_of(experiment(), ANONYMOUS) is None


def test_tenants_are_other_people():
    one = {variant_of(experiment(), Principal(user="ana", tenant=f"t{n}")) for n in range(50)}
    assert one == {NONE, WARM}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"variants": {NONE: 0.5}}, "at least two"),
        ({"variants": {NONE: 0.5, WARM: 0.4}}, "add up to 0.9"),
        ({"variants": {NONE: 0.5, "warm": 0.5}}, "must be a version"),
        ({"variants": {NONE: 1.5, WARM: -0.5}}, "less than 1"),
        ({"name": "Has Spaces"}, "pattern"),
        ({"metric": "seconds"}, "answered"),
    ],
)
def test_settings_that_nobody_can_mean_are_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        experiment(**fields)


def test_a_person_counts_once_with_the_first_day_when_it_is_over():
    answers = [
        answer("ana", 0.0, rating="up", rated=10.0, seconds=1.0),
        answer("ana", 100.0, status="refused", rating="down", person=True, rated=DAY + 5.0, seconds=100.0),
        answer("ana", DAY + 1.0, status="refused"),
        answer("ben", DAY),
    ]
    assert people_of(answers, experiment(), now=DAY - 1.0) == []
    (ana,) = people_of(answers, experiment(), now=DAY + 2.0)
    assert ana.answers == 2
    # The second rating came when her day was over.
    assert (ana.outcomes["answered"], ana.outcomes["up"], ana.outcomes["down"], ana.outcomes["person"]) == (
        0.5,
        0.5,
        0,
        0,
    )
    assert seconds_of(ana.outcomes["seconds"]) == pytest.approx(10.0)


def test_seconds_are_compared_as_ratios():
    assert ratio_of(0.0) == 1.0
    assert ratio_of(1 / 4) == pytest.approx(10.0)


def test_a_clear_difference_is_named_with_the_day_that_showed_it():
    answers = crowd({NONE: 0.5, WARM: 0.25})
    found = compare(answers, experiment(), now=answers[-1].moment + 2 * DAY)
    (decided,) = found.deciding
    assert (decided.outcome, decided.label, decided.verdict) == ("down", WARM, "better")
    assert decided.interval.high < 0
    assert decided.looks[0].moment < decided.decided < decided.looks[-1].moment
    assert sum(arm.people for arm in found.arms) == 1_500
    assert not found.lost
    earlier = compare(answers, experiment(), now=decided.decided - DAY).deciding[0]
    assert earlier.verdict == "undecided"


def test_what_does_not_differ_is_equal_within_the_margin_or_undecided():
    answers = crowd({NONE: 0.02, WARM: 0.02})
    now = answers[-1].moment + 2 * DAY
    assert compare(answers, experiment(margin=0.2), now=now).deciding[0].verdict == "equal"
    assert compare(answers, experiment(margin=0.001), now=now).deciding[0].verdict == "undecided"


def test_what_turns_round_is_not_called_a_winner():
    first = crowd({NONE: 0.9, WARM: 0.0}, count=2_000)
    second = crowd({NONE: 0.0, WARM: 0.9}, count=6_000)[2_000:]
    found = compare([*first, *second], experiment(), now=second[-1].moment + 2 * DAY)
    assert found.deciding[0].verdict == "moved"


def test_nobody_yet_is_undecided():
    found = compare([answer("ana")], experiment(), now=10.0)
    assert found.waiting == 1
    assert {each.verdict for each in found.differences} == {"undecided"}
    assert found.arms[0].means == {}


def test_shares_that_were_changed_are_noticed():
    answers = crowd({NONE: 0.1, WARM: 0.1}, count=50)
    with pytest.raises(ConfigError, match="changed while it ran"):
        compare(answers, experiment(variants={NONE: 0.9, WARM: 0.1}), now=1e9)


def test_lost_people_are_noticed():
    answers = [
        each for each in crowd({NONE: 0.1, WARM: 0.1}, count=600) if each.variant == NONE or int(each.user[5:]) % 3
    ]
    assert compare(answers, experiment(), now=1e9).lost


def test_with_three_variants_each_is_compared_with_the_first():
    three = experiment(name="three", variants={NONE: 0.4, "a@1": 0.3, "b@1": 0.3})
    answers = [
        answer(
            f"u{n}",
            n * 60.0,
            variant=variant_of(three, Principal(user=f"u{n}")),
            rating="down" if n % 3 else "up",
            rated=n * 60.0,
        )
        for n in range(300)
    ]
    found = compare(answers, three, now=1e6)
    assert [each.label for each in found.deciding] == ["a@1", "b@1"]
    assert {each.verdict for each in found.deciding} == {"undecided"}
