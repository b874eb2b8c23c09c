"""Dates as they are written, so that 2026-03-01 and 1 March 2026 are one, and March 2026 is less than either."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

_YEAR = "january february march april may june july august september october november december"
_MONTHS = _YEAR.split()
_MONTH = "|".join((*_MONTHS, *(f"{month[:3]}\\.?" for month in _MONTHS), r"sept\.?"))
_DAY = r"(?P<day{0}>\d{{1,2}})(?:st|nd|rd|th)?"
_DATE = re.compile(
    r"\b(?:"
    r"(?P<year1>\d{4})-(?P<month1>\d{2})(?:-(?P<day1>\d{2}))?"
    rf"|{_DAY.format(2)}\s+(?:of\s+)?(?P<month2>{_MONTH})(?:,?\s+(?P<year2>\d{{4}}))?"
    rf"|(?P<month3>{_MONTH})\s+{_DAY.format(3)}(?:,?\s+(?P<year3>\d{{4}}))?"
    rf"|(?P<month4>{_MONTH})\s+(?P<year4>\d{{4}})"
    r")(?!\w)",
    re.IGNORECASE,
)


class Date(NamedTuple):
    """A day, a month, or a day of any year; what was not written is None."""

    year: int | None
    month: int
    day: int | None


def take_dates(text: str) -> tuple[list[Date], str]:
    """Return the dates of a text, and the text without them.

    Example:
        >>> take_dates("From 1 March 2026 on")
        ([Date(year=2026, month=3, day=1)], 'From   on')
    """
    return [_date(found) for found in _DATE.finditer(text)], _DATE.sub(" ", text)


def spelled_out(text: str) -> str:
    """Return a text with its dates written in one way.

    Example:
        >>> spelled_out("On March 1, 2026 we move") == spelled_out("On 2026-03-01 we move")
        True
    """
    return _DATE.sub(lambda found: _spelled(_date(found)), text)


def is_stated(date: Date, among: Collection[Date]) -> bool:
    """Return whether one of the dates says all that this one says."""
    return any(all(mine in (None, theirs) for mine, theirs in zip(date, other, strict=True)) for other in among)


def _spelled(date: Date) -> str:
    return " ".join(f"{name}{part}" for name, part in zip("ymd", date, strict=True) if part is not None)


def _date(found: re.Match[str]) -> Date:
    parts = {name[:-1]: part for name, part in found.groupdict().items() if part}
    month = parts["month"]
    number = (
        int(month) if month.isdigit() else _MONTHS.index(next(m for m in _MONTHS if m[:3] == month.lower()[:3])) + 1
    )
    return Date(
        year=int(parts["year"]) if "year" in parts else None,
        month=number,
        day=int(parts["day"]) if "day" in parts else None,
    )
