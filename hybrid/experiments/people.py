"""From answers to people: what was drawn is a person, so that a person is what counts, once.

Answers of one person resemble each other. Counted one by one they would be taken for more evidence than they are, and
an experiment that is looked at often enough would find a difference where there is none. So a person counts with the
shares among all answers in a fixed time after the first, and only when that time is over: then nothing of it moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log10

from hybrid.errors import ConfigError
from hybrid.experiments.answers import ExperimentAnswer
from hybrid.experiments.assignment import variant_of
from hybrid.experiments.settings import ExperimentSettings
from hybrid.types import Principal

DAY = 86_400.0
"""Seconds of a day."""

FASTEST, SLOWEST = 0.01, 100.0
"""Seconds of an answer; what is beyond counts as these."""

_DECADES = log10(SLOWEST / FASTEST)


@dataclass(frozen=True, kw_only=True)
class Person:
    """What somebody got in the time that counts."""

    variant: str
    """Label of the variant."""

    counted: float
    """Moment from which the person counts."""

    answers: int
    """Number of answers."""

    outcomes: Mapping[str, float]
    """Share of the answers by outcome; ``seconds`` is the mean logarithm, 0 for the fastest and 1 for the slowest."""


def people_of(answers: Sequence[ExperimentAnswer], experiment: ExperimentSettings, *, now: float) -> list[Person]:
    """Return everybody whose time is over, in the order in which they came.

    Args:
        answers: Of this experiment, oldest first.
        experiment: As it was written down before the first answer.
        now: Seconds since 1970.

    Raises:
        ConfigError: Somebody was drawn into another variant than the settings say: they were changed meanwhile.
    """
    by_person: dict[tuple[str, str], list[ExperimentAnswer]] = {}
    for answer in answers:
        by_person.setdefault((answer.tenant, answer.user), []).append(answer)
    window = experiment.window * DAY
    found: list[Person] = []
    for (tenant, user), theirs in by_person.items():
        _check_variant(theirs, variant_of(experiment, Principal(user=user, tenant=tenant)), experiment)
        until = theirs[0].moment + window
        if until <= now:
            found.append(_person([answer for answer in theirs if answer.moment < until], until))
    return found


def seconds_of(value: float) -> float:
    """Return the seconds that a mean logarithm stands for: their geometric mean.

    Example:
        >>> round(seconds_of(0.5), 6)
        1.0
    """
    return FASTEST * 10 ** (_DECADES * value)


def ratio_of(difference: float) -> float:
    """Return how many times slower a difference of mean logarithms is."""
    return 10 ** (_DECADES * difference)


def _check_variant(answers: Sequence[ExperimentAnswer], drawn: str | None, experiment: ExperimentSettings) -> None:
    if other := next((answer.variant for answer in answers if answer.variant != drawn), None):
        raise ConfigError(
            f"experiment {experiment.name!r} answered somebody by {other!r} whom its settings draw into {drawn!r}: the "
            "variants or shares were changed while it ran; give the changed one a new name"
        )


def _person(answers: Sequence[ExperimentAnswer], until: float) -> Person:
    return Person(
        variant=answers[0].variant,
        counted=until,
        answers=len(answers),
        outcomes={name: sum(map(tells, answers)) / len(answers) for name, tells in _outcomes(until).items()},
    )


def _outcomes(until: float) -> dict[str, Callable[[ExperimentAnswer], float]]:
    def rated(answer: ExperimentAnswer, rating: str) -> bool:
        # What is said later would move a figure that was already read.
        return answer.rating == rating and answer.rated is not None and answer.rated < until

    return {
        "answered": lambda answer: answer.status == "answered",
        "refused": lambda answer: answer.status == "refused",
        "clarify": lambda answer: answer.status == "clarify",
        "up": lambda answer: rated(answer, "up"),
        "down": lambda answer: rated(answer, "down"),
        "person": lambda answer: answer.person and rated(answer, "down"),
        "seconds": lambda answer: log10(min(max(answer.seconds, FASTEST), SLOWEST) / FASTEST) / _DECADES,
    }
