"""How figures are written, the same in every report."""

from __future__ import annotations

from hybrid.evaluation.intervals import Interval


def score(value: float) -> str:
    """Return a figure between 0 and 1 with three decimals.

    Example:
        >>> score(0.95119)
        '0.951'
    """
    return f"{value:.3f}"


def signed(value: float) -> str:
    """Return a difference with its sign, and no sign on a zero.

    Example:
        >>> signed(-0.0312), signed(0.0001)
        ('-0.031', '0.000')
    """
    return f"{value:+.3f}" if round(value, 3) else "0.000"


def span(interval: Interval) -> str:
    """Return both ends of an interval.

    Example:
        >>> span(Interval(low=0.91, high=0.98))
        '0.910 to 0.980'
    """
    return f"{score(interval.low)} to {score(interval.high)}"


def percent(value: float) -> str:
    """Return a rate as a percentage with one decimal, none where it is whole.

    Example:
        >>> percent(0.9286), percent(1.0)
        ('92.9 %', '100 %')
    """
    return f"{round(100 * value, 1):g} %"


def milliseconds(seconds: float) -> str:
    """Return a duration in milliseconds, with one decimal below ten.

    Example:
        >>> milliseconds(0.00316), milliseconds(0.1234)
        ('3.2 ms', '123 ms')
    """
    value = 1000 * seconds
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    Example:
        >>> counted(1, "leak"), counted(0, "leak"), counted(2, "query", "queries")
        ('1 leak', '0 leaks', '2 queries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
