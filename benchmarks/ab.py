"""Experiments that are looked at every day for a month: how often they see what is not there, and what is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Outcome, Row, Target, at_most
from hybrid.evaluation.intervals import wilson_interval
from hybrid.experiments.assignment import variant_of
from hybrid.experiments.comparison import difference_of
from hybrid.experiments.people import DAY, Person
from hybrid.experiments.settings import ExperimentSettings
from hybrid.types import Principal

_SIMULATIONS, _OF_GAINS, _QUICK = 1_000, 500, 10
_DAYS = 30
_NEW_A_DAY = 20
_MOST_AT_FIRST = 6
_RETURNS = 0.2
_SEED = 20
_SETTLED = "none"
_NEW = "support-voice@1"
# Share of answers rated down; how alike people are, as the total count of a beta distribution, or the new one's gain.
_NULLS = {"5 % down": (0.05, 10.0), "20 % down": (0.20, 10.0), "20 % down, people very unlike": (0.20, 1.0)}
_GAINS = {"from 20 to 15 %": (0.20, 0.05), "from 20 to 10 %": (0.20, 0.10), "from 40 to 20 %": (0.40, 0.20)}


@dataclass(frozen=True, kw_only=True)
class _Month:
    """What came of one experiment."""

    experiment: ExperimentSettings
    people: list[Person]
    moments: NDArray[Any]
    down: NDArray[Any]
    new: NDArray[Any]


def ab(*, quick: bool) -> Outcome:
    """Return false alarms under the null and power against gains, for daily looks at what decides."""
    nulls, gains = (_QUICK, _QUICK) if quick else (_SIMULATIONS, _OF_GAINS)
    rows = [
        *(row for name, setting in _NULLS.items() for row in _null(name, *setting, nulls)),
        *(_gain(name, *setting, gains) for name, setting in _GAINS.items()),
    ]
    return Outcome(
        rows=tuple(rows),
        setting={
            "people": f"{_NEW_A_DAY} new ones on each of {_DAYS} days, drawn by a hash; they ask one to "
            f"{_MOST_AT_FIRST} questions on their first day and come back on one of five days; rates differ between "
            "people as a beta",
            "looks": f"one after each of {_DAYS} days; an alarm is any that calls a variant better or worse",
            "each answer by itself": "the same data, a z-test of all answers so far at 5 % on each day, as is usual",
        },
    )


def _null(name: str, rate: float, alike: float, count: int) -> Iterator[Row]:
    ours = naive = 0
    for seed in range(count):
        month = _month(seed, rate, alike, 0.0)
        ours += any(_said(month))
        naive += any(_z_tests(month))
    yield _row(f"false alarms, {name}", ours, count, at_most(0.05))
    yield _row(f"each answer by itself, false alarms, {name}", naive, count)


def _gain(name: str, rate: float, gain: float, count: int) -> Row:
    found = sum("better" in _said(_month(seed, rate, 10.0, gain)) for seed in range(count))
    return _row(f"power, {name}", found, count)


def _row(name: str, hits: int, count: int, target: Target | None = None) -> Row:
    interval = wilson_interval(hits, count)
    return Row(name=name, figure=hits / count, unit="", n=count, target=target, interval=(interval.low, interval.high))


def _said(month: _Month) -> list[str]:
    """Return what somebody would have read on each day; nothing where there was no decision."""
    metric, now = month.experiment.metric, (_DAYS + 2) * DAY
    intervals = [look.interval for look in difference_of(month.people, month.experiment, metric, _NEW, now=now).looks]
    return ["worse" if each.low > 0 else "better" if each.high < 0 else "" for each in intervals]


def _month(seed: int, rate: float, alike: float, gain: float) -> _Month:
    chance, count = np.random.default_rng([_SEED, seed]), _NEW_A_DAY * _DAYS
    experiment = ExperimentSettings(name=f"simulation-{seed}", variants={_SETTLED: 0.5, _NEW: 0.5})
    new = np.array([variant_of(experiment, Principal(user=f"user-{number}")) == _NEW for number in range(count)])
    mean = rate - gain * new
    own = chance.beta(mean * alike, (1 - mean) * alike)
    first = np.arange(count) / _NEW_A_DAY * DAY
    asked = chance.integers(1, _MOST_AT_FIRST + 1, size=count)
    down = chance.binomial(asked, own)
    people = [
        Person(variant=_NEW if is_new else _SETTLED, counted=moment + DAY, answers=number, outcomes={"down": share})
        for is_new, moment, number, share in zip(
            new, first.tolist(), asked.tolist(), (down / asked).tolist(), strict=True
        )
    ]
    at_first = np.repeat(np.arange(count), asked)
    rated = np.arange(len(at_first)) - np.repeat(np.cumsum(asked) - asked, asked) < down[at_first]
    later = np.repeat(np.arange(count), chance.binomial(_DAYS, _RETURNS, size=count))
    who = np.concatenate([at_first, later])
    return _Month(
        experiment=experiment,
        people=people,
        moments=first[who] + np.concatenate([np.zeros(len(at_first)), chance.uniform(1, _DAYS, len(later)) * DAY]),
        down=np.concatenate([rated, chance.random(len(later)) < own[later]]).astype(float),
        new=new[who],
    )


def _z_tests(month: _Month) -> Iterator[bool]:
    for day in range(1, _DAYS + 1):
        seen = month.moments < day * DAY
        one, two = month.down[seen & month.new], month.down[seen & ~month.new]
        rate = month.down[seen].mean()
        spread = (rate * (1 - rate) * (1 / len(one) + 1 / len(two))) ** 0.5 if len(one) and len(two) else 0.0
        yield bool(spread > 0 and abs(one.mean() - two.mean()) > 1.96 * spread)
