"""What a benchmark returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


class Skipped(Exception):
    """A benchmark cannot run here; the message says what is absent."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a figure has to reach."""

    bound: Literal["at least", "at most", "below", "above"]
    value: float

    def is_reached(self, figure: float) -> bool:
        match self.bound:
            case "at least":
                return figure >= self.value
            case "at most":
                return figure <= self.value
            case "below":
                return figure < self.value
            case "above":
                return figure > self.value

    def __str__(self) -> str:
        return f"{self.bound} {self.value:g}"


def at_least(value: float) -> Target:
    return Target(bound="at least", value=value)


def at_most(value: float) -> Target:
    return Target(bound="at most", value=value)


def below(value: float) -> Target:
    return Target(bound="below", value=value)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure."""

    name: str
    """What was measured."""

    figure: float
    """The figure."""

    unit: str
    """Its unit; ``x`` for a ratio."""

    n: int
    """How many measurements, questions or documents it stands on."""

    target: Target | None = None
    """What it has to reach, if anything."""

    interval: tuple[float, float] | None = None
    """95 % interval, where one was computed."""

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.target.is_reached(self.figure)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All figures of one benchmark."""

    rows: tuple[Row, ...]
    """The figures, in reading order."""

    setting: Mapping[str, str] = field(default_factory=dict[str, str])
    """What exactly was compared with what."""
