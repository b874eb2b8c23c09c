"""A page of figures over time: a verdict, plots with their bands, tables; one HTML file that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import ceil, floor, log10

from jinja2 import Environment, PackageLoader, StrictUndefined

WIDTH, HEIGHT = 560, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 544, 16, 244
_MARGIN = 0.08
_TICKS = 5
# Within three days the hour says more than the date.
_SHORT = 3 * 86_400.0


@dataclass(frozen=True, kw_only=True)
class Point:
    """A figure at a moment."""

    moment: float
    """Seconds since 1970."""

    value: float
    """The figure."""

    low: float | None = None
    """Lower end of its band, if it has one."""

    high: float | None = None
    """Upper end."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One figure over time."""

    title: str
    """What it is."""

    points: tuple[Point, ...]
    """At least one, oldest first."""

    limits: tuple[float, ...] = ()
    """Values that matter, drawn as dashed lines."""

    note: str = ""
    """What a reader must know."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows with a head."""

    title: str
    """What they are."""

    head: tuple[str, ...]
    """Names of the columns."""

    rows: tuple[tuple[str, ...], ...]
    """The cells."""


@dataclass(frozen=True, kw_only=True)
class CoursePage:
    """The whole page."""

    kind: str
    """What was made, such as ``Experiment``."""

    title: str
    """Of what."""

    subtitle: str
    """How much it stands on."""

    verdict: str
    """What it says, in a few words."""

    good: bool
    """Whether nothing has to be done."""

    reasons: tuple[str, ...] = ()
    """Why something has to be done."""

    note: str = ""
    """How the figures came about."""

    plots: tuple[Plot, ...] = ()
    """Figures over time."""

    tables: tuple[Table, ...] = ()
    """Everything in numbers."""


@dataclass(frozen=True, kw_only=True)
class _Tick:
    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    line: str
    band: str
    dots: tuple[tuple[float, float, str], ...]
    limits: tuple[float, ...]
    x_ticks: tuple[_Tick, ...]
    y_ticks: tuple[_Tick, ...]


def render_course(page: CoursePage) -> str:
    """Return the page's HTML; every text is escaped."""
    drawn = [(plot, _drawn(plot)) for plot in page.plots if plot.points]
    return _environment().get_template("course.html.j2").render(page=page, drawn=drawn, size=(WIDTH, HEIGHT))


def day(moment: float) -> str:
    """Return the day of a moment (UTC).

    Example:
        >>> day(0.0)
        '1970-01-01'
    """
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _drawn(plot: Plot) -> _Drawn:
    points = plot.points
    values = [*(point.value for point in points), *plot.limits, *_ends(points)]
    spread = (max(values) - min(values)) or 1.0
    low, high = min(values) - _MARGIN * spread, max(values) + _MARGIN * spread
    first, last = points[0].moment, max(points[-1].moment, points[0].moment + 1.0)

    def x(moment: float) -> float:
        return _scaled(moment, (first, last), (_LEFT, _RIGHT))

    def y(value: float) -> float:
        return _scaled(value, (low, high), (_BOTTOM, _TOP))

    banded = [point for point in points if point.low is not None and point.high is not None]
    upper = [(x(point.moment), y(point.high or 0.0)) for point in banded]
    lower = [(x(point.moment), y(point.low or 0.0)) for point in reversed(banded)]
    return _Drawn(
        line=_joined([(x(point.moment), y(point.value)) for point in points]),
        band=_joined([*upper, *lower]),
        dots=tuple((x(point.moment), y(point.value), f"{day(point.moment)}: {point.value:.3f}") for point in points),
        limits=tuple(y(limit) for limit in plot.limits),
        x_ticks=tuple(_Tick(at=x(moment), label=_when(moment, last - first)) for moment in _steps(first, last)),
        y_ticks=tuple(_Tick(at=y(value), label=f"{value:g}") for value in _round_values(low, high)),
    )


def _ends(points: Sequence[Point]) -> list[float]:
    return [end for point in points for end in (point.low, point.high) if end is not None]


def _when(moment: float, span: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):{'%m-%d' if span > _SHORT else '%d. %H:%M'}}"


def _round_values(low: float, high: float) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten that lie between two values."""
    least = (high - low) / _TICKS
    power = 10.0 ** floor(log10(least))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= least)
    return [round(number * step, 9) for number in range(ceil(low / step), floor(high / step) + 1)]


def _steps(low: float, high: float) -> list[float]:
    return [low + (high - low) * step / (_TICKS - 1) for step in range(_TICKS)]


def _scaled(value: float, domain: tuple[float, float], range_: tuple[float, float]) -> float:
    part = (value - domain[0]) / (domain[1] - domain[0])
    return round(range_[0] + part * (range_[1] - range_[0]), 2)


def _joined(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in pairs)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("hybrid.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
