"""The loss curve of a run: a CSV file that grows with it, and a plot."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from jinja2 import Environment, PackageLoader

WIDTH, HEIGHT = 560, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 544, 16, 244
_TICKS = 4


@dataclass(frozen=True, kw_only=True)
class Point:
    """What was measured at one step."""

    step: int
    """Number of updates so far."""

    loss: float | None = None
    """Mean loss of the learned tokens in the step's rows (nats per token)."""

    held_out: float | None = None
    """The same on the held-out rows."""

    rate: float | None = None
    """Learning rate."""

    gradient: float | None = None
    """Norm of the gradients."""

    seconds: float = 0.0
    """Since this process began to train."""


def read_curve(path: Path, *, until: int) -> list[Point]:
    """Return the points of a file up to a step: what a killed run wrote beyond its checkpoint is measured again."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if None not in row.values()]
    points = [Point(**{key: _number(key, value) for key, value in row.items()}) for row in rows]  # type: ignore[arg-type]
    return [point for point in points if point.step <= until]


def write_curve(path: Path, points: Iterable[Point]) -> None:
    """Write the points as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Point)])
        writer.writerows(["" if value is None else value for value in astuple(point)] for point in points)


def plot(points: Sequence[Point]) -> str:
    """Return the curve as an SVG document: the loss of each step, and the held-out loss."""
    losses = [(point.step, point.loss) for point in points if point.loss is not None]
    held = [(point.step, point.held_out) for point in points if point.held_out is not None]
    values = [value for _, value in (*losses, *held)] or [0.0]
    last = max((step for step, _ in (*losses, *held)), default=0) or 1
    high = max(values) or 1.0
    ticks = range(_TICKS + 1)
    environment = Environment(loader=PackageLoader("hybrid_adapters.training"), autoescape=True)
    return environment.get_template("curve.svg.j2").render(
        size=(WIDTH, HEIGHT),
        losses=_points(losses, last, high),
        held=_points(held, last, high),
        marks=[_place(pair, last, high) for pair in held],
        x_ticks=[(_place((last * tick / _TICKS, 0), last, high)[0], f"{last * tick / _TICKS:.0f}") for tick in ticks],
        y_ticks=[(_place((0, high * tick / _TICKS), last, high)[1], f"{high * tick / _TICKS:.2f}") for tick in ticks],
    )


def _points(pairs: Sequence[tuple[float, float]], last: float, high: float) -> str:
    return " ".join(f"{x},{y}" for x, y in (_place(pair, last, high) for pair in pairs))


def _place(pair: tuple[float, float], last: float, high: float) -> tuple[float, float]:
    step, value = pair
    return (
        round(_LEFT + step / last * (_RIGHT - _LEFT), 2),
        round(_BOTTOM - value / high * (_BOTTOM - _TOP), 2),
    )


def _number(key: str, value: str) -> float | int | None:
    if not value:
        return None
    return int(value) if key == "step" else float(value)
