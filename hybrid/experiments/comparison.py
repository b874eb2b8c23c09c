"""What an experiment has shown so far, by statistics that may be looked at every day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from hybrid.evaluation.intervals import Interval
from hybrid.evaluation.sequential.difference import difference_intervals
from hybrid.evaluation.sequential.mean import ALPHA
from hybrid.evaluation.sequential.shares import shares_evidence
from hybrid.experiments.answers import ExperimentAnswer
from hybrid.experiments.people import DAY, Person, people_of
from hybrid.experiments.settings import ExperimentSettings

Verdict = Literal["undecided", "better", "worse", "equal", "moved"]
"""``equal`` is within the margin; ``moved`` means that no one difference fits all days."""

OUTCOMES = ("answered", "refused", "clarify", "up", "down", "person", "seconds")
"""What is compared."""

_LESS_IS_BETTER = frozenset({"refused", "clarify", "down", "person", "seconds"})
_LOST = 100.0


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One variant."""

    label: str
    """Adapter version, or ``none``."""

    share: float
    """Share of the people it was given."""

    people: int
    """People who count."""

    answers: int
    """Their answers."""

    means: Mapping[str, float]
    """Mean over people by outcome, as ``Person.outcomes``; empty where nobody counts yet."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A day on which somebody could have looked."""

    moment: float
    """Its end, in seconds since 1970."""

    people: int
    """People of the two arms who counted by then."""

    interval: Interval
    """Of the difference, by all looks up to this one."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One outcome of one variant, compared with the first variant's."""

    outcome: str
    """What is compared."""

    label: str
    """The variant; a positive difference is that it has more."""

    looks: tuple[Look, ...]
    """One for each day."""

    verdict: Verdict
    """What all looks say together."""

    decided: float | None
    """Moment of the look that said so first."""

    @property
    def interval(self) -> Interval:
        """Of the difference, now."""
        return self.looks[-1].interval if self.looks else Interval(low=-1.0, high=1.0)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """An experiment as it stands."""

    experiment: ExperimentSettings
    """What was written down before."""

    moment: float
    """When it was looked at, in seconds since 1970."""

    waiting: int
    """People whose time is not over."""

    arms: tuple[Arm, ...]
    """The variants, the one that others are compared with first."""

    differences: tuple[Difference, ...]
    """For each other variant every outcome."""

    lost: bool
    """Whether the arms hold other numbers of people than their shares say; then nothing else can be trusted."""

    @property
    def deciding(self) -> tuple[Difference, ...]:
        """The differences in what decides, one for each variant but the first."""
        return tuple(each for each in self.differences if each.outcome == self.experiment.metric)


def compare(answers: Sequence[ExperimentAnswer], experiment: ExperimentSettings, *, now: float) -> Comparison:
    """Return what an experiment has shown.

    The probability that a difference in what decides is ever called one where there is none, on any day, in any
    variant, is at most 5 %. Each other outcome has an interval that by itself is wrong with at most that probability.

    Args:
        answers: All of its answers, oldest first.
        experiment: Its settings.
        now: Seconds since 1970.

    Raises:
        ConfigError: The settings were changed while it ran.
    """
    people = people_of(answers, experiment, now=now)
    arms = tuple(_arm(label, share, people) for label, share in experiment.variants.items())
    return Comparison(
        experiment=experiment,
        moment=now,
        waiting=len({(answer.tenant, answer.user) for answer in answers}) - len(people),
        arms=arms,
        differences=tuple(
            difference_of(people, experiment, outcome, label, now=now)
            for label in list(experiment.variants)[1:]
            for outcome in OUTCOMES
        ),
        lost=shares_evidence([arm.people for arm in arms], [arm.share for arm in arms]) >= _LOST,
    )


def difference_of(
    people: Sequence[Person], experiment: ExperimentSettings, outcome: str, label: str, *, now: float
) -> Difference:
    """Return how one outcome of a variant differs from the first variant's, at every daily look.

    Args:
        people: Everybody who counts, in the order in which they came.
        experiment: Its settings.
        outcome: What is compared.
        label: The variant.
        now: Seconds since 1970.
    """
    control, shares = experiment.control, experiment.variants
    two = [person for person in people if person.variant in (control, label)]
    days = _days([person.counted for person in two], now)
    found = difference_intervals(
        np.array([person.outcomes[outcome] for person in two]),
        np.array([person.variant == label for person in two], dtype=np.bool_),
        [count for _, count in days],
        share=shares[label] / (shares[label] + shares[control]),
        # What decides may be wrong in none of the variants.
        alpha=ALPHA / (len(shares) - 1) if outcome == experiment.metric else ALPHA,
    )
    looks = tuple(
        Look(moment=moment, people=count, interval=interval)
        for (moment, count), interval in zip(days, found, strict=True)
    )
    verdicts: list[Verdict] = [_verdict(look.interval, outcome, experiment.margin) for look in looks]
    verdict = verdicts[-1] if verdicts else "undecided"
    since = _since(verdict, verdicts, looks)
    return Difference(outcome=outcome, label=label, looks=looks, verdict=verdict, decided=since)


def _arm(label: str, share: float, people: Iterable[Person]) -> Arm:
    own = [person for person in people if person.variant == label]
    means = {name: sum(person.outcomes[name] for person in own) / len(own) for name in OUTCOMES} if own else {}
    return Arm(label=label, share=share, people=len(own), answers=sum(person.answers for person in own), means=means)


def _days(counted: Sequence[float], now: float) -> list[tuple[float, int]]:
    """Return the end of each day on which somebody began to count, and how many counted by then."""
    ends: dict[int, tuple[float, int]] = {}
    for number, moment in enumerate(counted, start=1):
        day = int((moment - counted[0]) // DAY) + 1
        ends[day] = (min(counted[0] + day * DAY, now), number)
    return list(ends.values())


def _verdict(interval: Interval, outcome: str, margin: float) -> Verdict:
    if interval.low > interval.high:
        return "moved"
    if interval.low > 0 or interval.high < 0:
        return "better" if (interval.high < 0) == (outcome in _LESS_IS_BETTER) else "worse"
    return "equal" if -margin < interval.low and interval.high < margin else "undecided"


def _since(verdict: Verdict, verdicts: Sequence[Verdict], looks: Sequence[Look]) -> float | None:
    if verdict == "undecided":
        return None
    changes = [place for place, (one, two) in enumerate(pairwise(verdicts), start=1) if one != two]
    return looks[changes[-1] if changes else 0].moment
