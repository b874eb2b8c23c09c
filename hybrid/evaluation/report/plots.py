"""Geometry of the report's plots, in SVG units; the template only draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

from hybrid.evaluation.check import RecallReport
from hybrid.evaluation.leaks import CellState, LeakMatrix
from hybrid.evaluation.metrics import CHECKED_K
from hybrid.evaluation.questions import principal_name
from hybrid.evaluation.report.numbers import score

WIDTH, HEIGHT = 560, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 544, 16, 244
_BINS = 25
_MATRIX_WIDTH = 880
_MATRIX_LIMIT = 300
_CELL = 14
_STRIP = 38


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    """Coordinate along the axis."""

    label: str
    """What stands there."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Recall at k with its interval band."""

    line: str
    """Points of the mean."""

    band: str
    """Points around the interval."""

    x_ticks: tuple[Tick, ...]
    """Some values of k."""

    y_ticks: tuple[Tick, ...]
    """Tenths of recall."""

    limit: float
    """Height of the least recall that passes."""

    marker: tuple[float, float]
    """Centre of the point that decides."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of a histogram."""

    x: float
    """Left edge."""

    y: float
    """Upper edge."""

    height: float
    """Height."""

    label: str
    """What a reader sees on pointing at it."""


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Scores of answerable questions upwards, of unanswerable ones downwards, each as a part of its kind."""

    answerable: tuple[Bar, ...]
    """Bars above the middle line."""

    unanswerable: tuple[Bar, ...]
    """Bars below it."""

    bar_width: float
    """Width of every bar."""

    middle: float
    """Height of the line between them."""

    x_ticks: tuple[Tick, ...]
    """Scores."""

    threshold: float | None
    """Place of the calibrated threshold, if there is one."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One question asked by one principal."""

    left: float
    """Left edge."""

    state: CellState
    """What came of it."""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """All questions of one principal."""

    name: str
    """Name of the principal."""

    top: float
    """Upper edge."""

    cells: tuple[Cell, ...]
    """One for each question."""


@dataclass(frozen=True, kw_only=True)
class MatrixPlot:
    """A strip of cells for every principal."""

    strips: tuple[Strip, ...]
    """From top to bottom."""

    cell_width: float
    """Width of every cell."""

    width: float
    """Width of the whole."""

    height: float
    """Height of the whole."""


def recall_curve(report: RecallReport) -> Curve:
    """Return the curve over k = 1 to 20; the vertical axis begins at the tenth below everything shown."""
    lowest = min(report.min_recall, *(figure.interval.low for figure in report.curve))
    floor_ = max(0.0, floor(lowest * 10 - 1e-9) / 10)
    count = len(report.curve)

    def x(k: int) -> float:
        return _scaled(k, (1, count), (_LEFT, _RIGHT))

    def y(value: float) -> float:
        return _scaled(value, (floor_, 1.0), (_BOTTOM, _TOP))

    upper = [(x(k), y(figure.interval.high)) for k, figure in enumerate(report.curve, start=1)]
    lower = [(x(k), y(figure.interval.low)) for k, figure in enumerate(report.curve, start=1)]
    return Curve(
        line=_points([(x(k), y(figure.value)) for k, figure in enumerate(report.curve, start=1)]),
        band=_points([*upper, *reversed(lower)]),
        x_ticks=tuple(Tick(at=x(k), label=str(k)) for k in (1, 5, 10, 15, 20)),
        y_ticks=tuple(Tick(at=y(tenth / 10), label=f"{tenth / 10:.1f}") for tenth in range(round(floor_ * 10), 11)),
        limit=y(report.min_recall),
        marker=(x(CHECKED_K), y(report.curve[CHECKED_K - 1].value)),
    )


def score_histogram(report: RecallReport) -> Histogram:
    """Return the supports of the answers, or the best passages' scores where nobody answered."""
    pairs = [(item.question.answerable, item.value) for item in report.supports] or [
        (outcome.question.answerable, outcome.top_score) for outcome in report.outcomes
    ]
    values = [value for _, value in pairs]
    low, high = min(0.0, *values), max(1.0, *values)
    shares = {kind: _shares([value for which, value in pairs if which is kind], low, high) for kind in (True, False)}
    peak = {kind: float(shares[kind].max()) for kind in shares}
    middle = _scaled(peak[False], (0.0, peak[True] + peak[False]), (_BOTTOM, _TOP))
    unit = (_BOTTOM - _TOP) / (peak[True] + peak[False])
    threshold = report.refusal.threshold if report.refusal else None
    return Histogram(
        answerable=_bars(shares[True], middle, unit, upwards=True, low=low, high=high),
        unanswerable=_bars(shares[False], middle, unit, upwards=False, low=low, high=high),
        bar_width=(_RIGHT - _LEFT) / _BINS - 2,
        middle=middle,
        x_ticks=tuple(
            Tick(at=_scaled(step, (0, 5), (_LEFT, _RIGHT)), label=f"{low + (high - low) * step / 5:.1f}")
            for step in range(6)
        ),
        threshold=None if threshold is None else _scaled(threshold, (low, high), (_LEFT, _RIGHT)),
    )


def leak_matrix(matrix: LeakMatrix) -> MatrixPlot | None:
    """Return a cell for each question and principal, or None where there are too many to be seen."""
    count = len(matrix.rows[0].cells)
    if count > _MATRIX_LIMIT:
        return None
    step = min(_CELL, _MATRIX_WIDTH / count)
    strips = tuple(
        Strip(
            name=principal_name(row.principal),
            top=index * _STRIP,
            cells=tuple(Cell(left=round(column * step, 2), state=state) for column, state in enumerate(row.cells)),
        )
        for index, row in enumerate(matrix.rows)
    )
    return MatrixPlot(strips=strips, cell_width=round(0.85 * step, 2), width=_MATRIX_WIDTH, height=_STRIP * len(strips))


def _shares(values: Sequence[float], low: float, high: float) -> np.ndarray:
    counts, _ = np.histogram(values, bins=_BINS, range=(low, high))
    return counts / max(1, len(values))


def _bars(shares: np.ndarray, middle: float, unit: float, *, upwards: bool, low: float, high: float) -> tuple[Bar, ...]:
    step = (_RIGHT - _LEFT) / _BINS
    width = (high - low) / _BINS
    return tuple(
        Bar(
            x=round(_LEFT + index * step + 1, 2),
            y=round(middle - share * unit if upwards else middle, 2),
            height=round(share * unit, 2),
            label=f"{score(low + index * width)} to {score(low + (index + 1) * width)}: {share:.1%}",
        )
        for index, share in enumerate(float(share) for share in shares)
        if share > 0
    )


def _scaled(value: float, domain: tuple[float, float], range_: tuple[float, float]) -> float:
    part = (value - domain[0]) / (domain[1] - domain[0])
    return round(range_[0] + part * (range_[1] - range_[0]), 2)


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in pairs)
