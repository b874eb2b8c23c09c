"""Numbers with what they count: 5 days are not 5 weeks, €39 not $39, and 1,000 is 1000."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from hybrid.evidence.words import word_sequence

_TO_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty
"""
_TENS = "thirty forty fifty sixty seventy eighty ninety"
_SPELLED = {
    **{word: number for number, word in enumerate(_TO_TWENTY.split())},
    **{word: 10 * tens for tens, word in enumerate(_TENS.split(), start=3)},
}
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_UNITS = {
    "percent": ("%", "percent", "percentage"),
    "euro": ("€", "eur", "euro", "euros"),
    "dollar": ("$", "usd", "dollar", "dollars"),
    "pound": ("£", "gbp", "pounds"),
    "yen": ("¥", "jpy", "yen"),
    "second": ("s", "sec", "second", "seconds"),
    "millisecond": ("ms", "millisecond", "milliseconds"),
    "minute": ("min", "mins", "minute", "minutes"),
    "hour": ("h", "hr", "hrs", "hour", "hours"),
    "day": ("day", "days"),
    "week": ("week", "weeks"),
    "month": ("month", "months"),
    "year": ("year", "years"),
    "kilobyte": ("kb", "kilobyte", "kilobytes"),
    "megabyte": ("mb", "megabyte", "megabytes"),
    "gigabyte": ("gb", "gigabyte", "gigabytes"),
    "terabyte": ("tb", "terabyte", "terabytes"),
    "metre": ("m", "metre", "metres", "meter", "meters"),
    "kilometre": ("km", "kilometre", "kilometres", "kilometer", "kilometers"),
    "centimetre": ("cm", "centimetre", "centimetres", "centimeter", "centimeters"),
    "millimetre": ("mm", "millimetre", "millimetres", "millimeter", "millimeters"),
    "mile": ("mi", "mile", "miles"),
    "foot": ("ft", "foot", "feet"),
    "gram": ("g", "gram", "grams"),
    "kilogram": ("kg", "kilogram", "kilograms"),
    "litre": ("l", "litre", "litres", "liter", "liters"),
    "degree": ("°", "°c", "°f", "degree", "degrees"),
}
_UNIT = {alias: unit for unit, aliases in _UNITS.items() for alias in aliases}
_UNIT_STEM = {stem: unit for alias, unit in _UNIT.items() for stem in word_sequence(alias)}
_NUMBER = re.compile(
    r"(?:(?=[€$£¥])|(?<![\w.,]))(?P<currency>[€$£¥]\s?|(?:EUR|USD|GBP|JPY)\s)?(?P<sign>(?<!\d)[-−](?=\d))?"
    rf"(?P<digits>\d{{1,3}}(?:[,\u00a0\u202f]\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\b(?:{'|'.join(_SPELLED)})\b)"
    rf"(?:[\s-](?P<scale>{'|'.join(_SCALES)})s?\b)?"
    r"(?P<suffix>\s?[%€$£¥°]|°[CF]|[A-Za-z]+\b)?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?")
# "3 to 5 days": the unit belongs to both ends.
_RANGE = re.compile(r"\s*(?:-|–|to|or|and)\s*(?=[€$£¥]?\d)[€$£¥]?[\d.,]+", re.IGNORECASE)
_END = re.compile(r"[,;:()|\[\]]|[.!?](?:\s|$)")
_COUNTED = 3
_YEARS = range(1000, 2101)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number and what it counts."""

    value: Decimal
    """The number."""

    unit: str = ""
    """Its unit of measure or currency; empty where there is none."""

    counted: frozenset[str] = frozenset()
    """The content words after it, up to the next comma or stop."""

    def is_stated(self, among: Collection[Quantity]) -> bool:
        """Return whether one of the quantities says this."""
        return any(self.value == other.value and self._counts_as(other) for other in among)

    def _counts_as(self, other: Quantity) -> bool:
        if self.unit:
            # A bare number is a cell of a table, whose head names the unit.
            return self.unit == other.unit or not (other.unit or other.counted)
        if self._is_year():
            return not other.unit
        return not self.counted or not (other.counted or other.unit) or bool(self.counted & other.counted)

    def _is_year(self) -> bool:
        return self.value == self.value.to_integral_value() and int(self.value) in _YEARS


def quantities(text: str) -> list[Quantity]:
    """Return the numbers of a text in order; it should hold no dates any more.

    Example:
        >>> [(str(found.value), found.unit) for found in quantities("1,000 users pay €39 within five working days")]
        [('1000', ''), ('39', 'euro'), ('5', 'day')]
    """
    return [_quantity(found, text) for found in _NUMBER.finditer(text)]


def in_digits(text: str) -> str:
    """Return a text with its numbers in plain digits.

    Example:
        >>> in_digits("five of 1,000 files")
        '5 of 1000 files'
    """
    return _NUMBER.sub(lambda found: f"{found['currency'] or ''}{_value(found):f}{found['suffix'] or ''}", text)


def _quantity(found: re.Match[str], text: str) -> Quantity:
    suffix = (found["suffix"] or "").strip().lower()
    after = _RANGE.sub(" ", text[found.end() : found.end() + 80], count=1)
    end = _END.search(after)
    following = after[: end.start()] if end else after
    counted = word_sequence(following)[:_COUNTED]
    unit = _UNIT.get((found["currency"] or "").strip().lower()) or _UNIT.get(suffix) or suffix
    return Quantity(
        value=_value(found),
        unit=unit or next((_UNIT_STEM[stem] for stem in counted if stem in _UNIT_STEM), ""),
        counted=frozenset(counted),
    )


def _value(found: re.Match[str]) -> Decimal:
    digits = found["digits"].lower()
    if digits in _SPELLED:
        value = Decimal(_SPELLED[digits])
    elif _GROUPED.fullmatch(digits):
        value = Decimal(re.sub(r"[,\u00a0\u202f]", "", digits))
    else:
        value = Decimal(digits.replace(",", "."))
    value *= _SCALES.get((found["scale"] or "").lower(), 1)
    return -value if found["sign"] else value
