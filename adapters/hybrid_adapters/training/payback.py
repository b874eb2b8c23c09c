"""After how many questions a training has paid for itself.

A training costs machine time and the work on its rows. It saves, for each question, the instructions and examples that
a prompt would need instead, or the price of a remote model. Both are divided; every uncertain figure is an interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

_HOUR = 3_600.0
# More questions than anybody asks: what saves less never pays.
_MOST_QUESTIONS = 1e12


@dataclass(frozen=True, kw_only=True)
class Range:
    """From the best case to the worst."""

    low: float
    """Best case."""

    high: float
    """Worst case."""

    def times(self, factor: float) -> Range:
        """Return both ends multiplied."""
        return Range(low=self.low * factor, high=self.high * factor)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What things cost, in one currency; what is 0 is left out."""

    machine: float = 0.0
    """Of an hour of this machine."""

    data: float = 0.0
    """Of the work on the rows: writing, reviewing."""

    read: float = 0.0
    """Of 1,000 tokens that a remote model reads."""

    written: float = 0.0
    """Of 1,000 tokens that it writes."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, as it is served."""

    read: float
    """Tokens of its prompt with an adapter."""

    written: float
    """Tokens of its reply."""

    saved: float
    """Tokens of instructions and examples that the prompt would need without an adapter."""

    seconds: Range
    """That this machine takes for each token it reads."""

    slower: float = 10.0
    """A token that is written takes between as long as one that is read and this many times as long."""


@dataclass(frozen=True, kw_only=True)
class Payback:
    """What a training saves, compared with one alternative."""

    against: str
    """The alternative."""

    saved: Range
    """Money for each question; negative where the alternative is cheaper."""

    questions: tuple[int, int] | None
    """Questions after which it has paid for itself, at best and at worst; None where it never does for sure."""

    weeks: tuple[float, float] | None
    """The same in weeks; None where nobody said how many questions come."""


def training_cost(seconds: Range, prices: Prices) -> Range:
    """Return what a training costs, the work on its rows included."""
    hours = seconds.times(prices.machine / _HOUR)
    return Range(low=hours.low + prices.data, high=hours.high + prices.data)


def paybacks(cost: Range, question: Question, prices: Prices, *, per_week: float) -> list[Payback]:
    """Return the comparisons for which prices are known.

    Args:
        cost: Of the training.
        question: A typical one.
        prices: What things cost.
        per_week: Questions a week; 0 where that is not known.
    """
    second = prices.machine / _HOUR
    found: list[Payback] = []
    if question.saved and prices.machine:
        found.append(
            _payback("a longer prompt on this machine", question.seconds.times(question.saved * second), cost, per_week)
        )
    if prices.read or prices.written:
        reading = question.read + question.saved
        remote = (reading * prices.read + question.written * prices.written) / 1_000
        local = Range(
            low=question.seconds.low * (question.read + question.written) * second,
            high=question.seconds.high * (question.read + question.slower * question.written) * second,
        )
        saved = Range(low=remote - local.high, high=remote - local.low)
        found.append(_payback("the remote model", saved, cost, per_week))
    return found


def _payback(against: str, saved: Range, cost: Range, per_week: float) -> Payback:
    if saved.low * _MOST_QUESTIONS <= cost.high:
        return Payback(against=against, saved=saved, questions=None, weeks=None)
    questions = (ceil(cost.low / saved.high), ceil(cost.high / saved.low))
    weeks = (questions[0] / per_week, questions[1] / per_week) if per_week else None
    return Payback(against=against, saved=saved, questions=questions, weeks=weeks)
