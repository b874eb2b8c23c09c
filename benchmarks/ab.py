"""Experiments that are looked at every day for a month: how often they see what is not there, and what is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.rows import Outcome, Row, Target, at_most
from hybrid.evaluation.intervals import wilson_interval
from hybrid.experiments.answers import ExperimentAnswer
from hybrid.experiments.assignment import variant_of
from hybrid.experiments.comparison import difference_of
from hybrid.experiments.people import DAY, people_of
from hybrid.experiments.settings import ExperimentSettings
from hybrid.types import Principal

_SIMULATIONS, _QUICK = 1_000, 10
_DAYS = 30
_NEW_A_DAY = 40
_SEED = 20
_SETTLED = "none"
_NEW = "support-voice@1"
# Share of answers rated down; how alike people are, as the total count of a beta distribution, or the new one's gain.
_NULLS = {"5 % down": (0.05, 10.0), "20 % down": (0.20, 10.0), "20 % down, people very unlike": (0.20, 1.0)}
_GAINS = {"from 20 to 15 %": (0.20, 0.05), "from 20 to 10 %": (0.20, 0.10), "from 40 to 20 %": (0.40, 0.20)}


def ab(*, quick: bool) -> Outcome:
    """Return false alarms under the null and power against gains, for daily looks at what decides."""
    count = _QUICK if quick else _SIMULATIONS
    rows = [
        *(row for name, setting in _NULLS.items() for row in _null(name, *setting, count)),
        *(_gain(name, *setting, count) for name, setting in _GAINS.items()),
    ]
    return Outcome(
        rows=tuple(rows),
        setting={
            "people": f"{_NEW_A_DAY} new ones on each of {_DAYS} days, drawn by a hash; they ask one to "
            "six questions on their first day and come back for more; rates differ between people as a beta",
            "looks": f"one after each of {_DAYS} days; an alarm is any that calls a variant better or worse",
            "each answer by itself": "the same data, a z-test of all answers so far at 5 % on each day, as is usual",
        },
    )


def _null(name: str, rate: float, alike: float, count: int) -> Iterator[Row]:
    ours = naive = 0
    for seed in range(count):
        answers = _answers(seed, rate, alike, 0.0)
        ours += any(_verdicts(seed, answers))
        naive += any(_z_tests(answers))
    yield _row(f"false alarms, {name}", ours, count, at_most(0.05))
    yield _row(f"each answer by itself, false alarms, {name}", naive, count)


def _gain(name: str, rate: float, gain: float, count: int) -> Row:
    found = sum("better" in _verdicts(seed, _answers(seed, rate, 10.0, gain)) for seed in range(count))
    return _row(f"power, {name}", found, count)


def _row(name: str, hits: int, count: int, target: Target | None = None) -> Row:
    interval = wilson_interval(hits, count)
    return Row(name=name, figure=hits / count, unit="", n=count, target=target, interval=(interval.low, interval.high))


def _experiment(seed: int) -> ExperimentSettings:
    return ExperimentSettings(name=f"simulation-{seed}", variants={_SETTLED: 0.5, _NEW: 0.5})


def _verdicts(seed: int, answers: Sequence[ExperimentAnswer]) -> list[str]:
    """Return every verdict that somebody would have read, from the looks that the comparison keeps."""
    experiment, now = _experiment(seed), (_DAYS + 2) * DAY
    decided = difference_of(people_of(answers, experiment, now=now), experiment, experiment.metric, _NEW, now=now)
    return [_said(look.interval.low, look.interval.high) for look in decided.looks]


def _said(low: float, high: float) -> str:
    return "worse" if low > 0 else "better" if high < 0 else ""


def _answers(seed: int, rate: float, alike: float, gain: float) -> list[ExperimentAnswer]:
    chance = np.random.default_rng([_SEED, seed])
    experiment = _experiment(seed)
    made: list[ExperimentAnswer] = []
    for number in range(_NEW_A_DAY * _DAYS):
        user = f"user-{number}"
        variant = variant_of(experiment, Principal(user=user)) or _SETTLED
        mean = rate - gain * (variant == _NEW)
        own = chance.beta(mean * alike, (1 - mean) * alike)
        first = number / _NEW_A_DAY * DAY
        moments = [first, *(first + chance.random(chance.integers(0, 6)) * DAY * 0.9)]
        moments += [first + back * DAY for back in range(2, _DAYS) if chance.random() < 0.2]
        made += (_answer(user, variant, moment, down=chance.random() < own) for moment in moments)
    return sorted(made, key=lambda answer: answer.moment)


def _answer(user: str, variant: str, moment: float, *, down: bool) -> ExperimentAnswer:
    return ExperimentAnswer(
        tenant="",
        user=user,
        moment=moment,
        variant=variant,
        status="answered",
        seconds=1.0,
        rating="down" if down else None,
        rated=moment if down else None,
    )


def _z_tests(answers: Sequence[ExperimentAnswer]) -> Iterator[bool]:
    moments = np.array([answer.moment for answer in answers])
    down = np.array([answer.rating == "down" for answer in answers], dtype=float)
    new = np.array([answer.variant == _NEW for answer in answers])
    for day in range(2, _DAYS + 3):
        seen = moments < day * DAY
        one, two = down[seen & new], down[seen & ~new]
        rate = down[seen].mean()
        spread = (rate * (1 - rate) * (1 / len(one) + 1 / len(two))) ** 0.5
        yield bool(spread > 0 and abs(one.mean() - two.mean()) > 1.96 * spread)
