"""The promotion gate on simulated evaluations: how often equals are promoted, and how often a gain is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Outcome, Row, Target, at_most
from hybrid.evaluation.gate import Limits, Results, decide
from hybrid.evaluation.intervals import wilson_interval

_EVALUATIONS = 1_000
_QUICK = 50
_SIZES = (50, 200)
_CORRELATIONS = (0.3, 0.6, 0.9)
_RIGHT = 0.7
_GAIN = 0.05
_SEED = 7

Scores = NDArray[np.float64]
"""``(rows,)``, each from 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class _World:
    """Where evaluations are drawn from."""

    graded: bool
    rows: int
    correlation: float

    @property
    def name(self) -> str:
        kind = "graded" if self.graded else "right or wrong"
        return f"{kind} scores, n = {self.rows}, correlation {self.correlation:g}"


def gate(*, quick: bool) -> Outcome:
    """Return false promotions of equal adapters, and the power against a gain of five points."""
    evaluations = _QUICK if quick else _EVALUATIONS
    worlds = [
        _World(graded=graded, rows=rows, correlation=correlation)
        for graded in (False, True)
        for rows in _SIZES
        for correlation in _CORRELATIONS
    ]
    rows = [
        *(_row("equal, promoted: ", world, 0.0, evaluations, at_most(0.05)) for world in worlds),
        *(_row("five points better, promoted: ", world, _GAIN, evaluations, None) for world in worlds),
    ]
    limits = Limits()
    return Outcome(
        rows=tuple(rows),
        setting={
            "gate": f"margin {limits.margin:g}, 95 % paired bootstrap interval above zero, sign-flip test at 5 %, no "
            "error class clearly more frequent; the function that hybrid adapter promote calls",
            "evaluations": f"{evaluations:,} for each row of the table, seed {_SEED}; two adapters whose scores hang "
            "together through how hard a row is (correlation of the normal variables below the scores)",
            "scores": f"right or wrong with mean {_RIGHT:g}, wrong ones being the error class; graded ones are the sum "
            "of three equal parts, each right or wrong",
        },
    )


def _row(what: str, world: _World, gain: float, evaluations: int, target: Target | None) -> Row:
    promoted = sum(_promoted(one, other) for one, other in _drawn(world, gain, evaluations))
    interval = wilson_interval(promoted, evaluations)
    return Row(
        name=f"{what}{world.name}",
        figure=promoted / evaluations,
        unit="",
        n=evaluations,
        interval=(interval.low, interval.high),
        target=target,
    )


def _promoted(one: Scores, other: Scores) -> bool:
    return decide(_results(one), {"prompt": _results(other)}).passed


def _results(scores: Scores) -> Results:
    faults = [frozenset({"wrong"}) if score < 0.5 else frozenset[str]() for score in scores]
    return Results(scores=scores.tolist(), faults=faults, format_valid=1.0)


def _drawn(world: _World, gain: float, evaluations: int) -> Iterator[tuple[Scores, Scores]]:
    generator = np.random.default_rng([_SEED, world.graded, world.rows, int(100 * world.correlation), int(100 * gain)])
    parts = 3 if world.graded else 1
    for _ in range(evaluations):
        shared = generator.normal(size=(parts, world.rows))
        yield (
            _scores(generator, shared, world.correlation, _RIGHT + gain),
            _scores(generator, shared, world.correlation, _RIGHT),
        )


def _scores(generator: np.random.Generator, shared: NDArray[np.float64], correlation: float, right: float) -> Scores:
    own = generator.normal(size=shared.shape)
    ability = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    found: Scores = (ability < NormalDist().inv_cdf(right)).mean(axis=0)
    return found
