"""A question with numbered evidence, and what a good reply points at."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hybrid.evidence.words import words

Status = Literal["answered", "refused", "clarify"]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A sentence or line as evidence."""

    title: str
    """Of its document, and its heading."""

    text: str
    """What it says."""


@dataclass(frozen=True, kw_only=True)
class Grounded:
    """One task."""

    question: str
    """What is asked."""

    answers: tuple[Unit, ...]
    """Units that answer, best first; none where nothing does."""

    others: tuple[Unit, ...]
    """Units that do not."""

    status: Status
    """What the reply is."""

    source: str
    """Where it comes from."""

    def unanswered(self) -> Grounded:
        """Return the task with its answers out of reach."""
        return replace(self, answers=(), status="refused")


def shown(task: Grounded, generator: random.Random, *, most: int, shuffled: float) -> tuple[list[Unit], list[int]]:
    """Return the units in the order shown, and the places of those that answer.

    Serving shows what scores best first. That score is too costly for tens of thousands of tasks, so words that unit
    and question share stand in for it, with some noise; a part of the tasks is in random order, so that a model cannot
    get by on the order alone.

    Args:
        task: The task.
        generator: Of all that is random.
        most: Largest number of units; answers are never left out.
        shuffled: Share of tasks in random order.
    """
    others = list(task.others)
    generator.shuffle(others)
    units = [*task.answers, *others[: max(0, most - len(task.answers))]]
    order = list(range(len(units)))
    if generator.random() < shuffled:
        generator.shuffle(order)
    else:
        scores = _overlaps(task.question, units, generator)
        order.sort(key=lambda place: -scores[place])
    places = [order.index(place) for place in range(len(task.answers))]
    return [units[place] for place in order], places


def _overlaps(question: str, units: Sequence[Unit], generator: random.Random) -> list[float]:
    asked = words(question)
    held = [words(f"{unit.title} {unit.text}") for unit in units]
    weights = {word: 1.0 / (1 + sum(word in each for each in held)) for word in asked}
    return [
        sum(weights[word] for word in asked & each) / (4 + len(each)) ** 0.3 + generator.gauss(0, 0.02) for each in held
    ]
