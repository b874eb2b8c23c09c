"""A check's report for programs and as one HTML file: no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from hybrid_adapters.datasets.checking import DataReport
from hybrid_adapters.datasets.findings import MEANINGS
from hybrid_adapters.datasets.measures import COVERED

_BINS = 24
_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar."""

    label: str
    """What it counts."""

    count: int
    """How many."""

    share: float
    """Its height as a part of the highest."""


@dataclass(frozen=True, kw_only=True)
class BarPlot:
    """Counts side by side."""

    title: str
    """What is counted."""

    note: str
    """What a reader should know."""

    bars: tuple[Bar, ...]
    """From left to right."""

    labelled: bool
    """Whether each bar has its label below; else the first and the last alone."""


def verdict_of(report: DataReport) -> str:
    """Return what a report says, in a few words."""
    count = len(report.findings)
    if not count:
        return "nothing to mend"
    return "1 thing to mend" if count == 1 else f"{count:,} things to mend"


def report_fields(report: DataReport) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {"good": report.good, "verdict": verdict_of(report), "by_kind": report.by_kind, **asdict(report)}


def render_html(report: DataReport) -> str:
    """Return the report as one HTML page; rows are named, and quoted nowhere."""
    return (
        _environment()
        .get_template("check.html.j2")
        .render(
            report=report,
            verdict=verdict_of(report),
            meanings=MEANINGS,
            plots=tuple(_plots(report)),
            shown=_SHOWN,
            found={kind: [each for each in report.findings if each.kind == kind] for kind in MEANINGS},
        )
    )


def _plots(report: DataReport) -> Iterator[BarPlot]:
    yield _counted("What has to be mended", report.by_kind)
    for name in ("decision", "status", "era", "reviewer"):
        if len(report.counts.by[name]) > 1:
            yield _counted(f"Rows by {name}", report.counts.by[name])
    yield _histogram("Length of questions", report.lengths.questions, "tokens, estimated as characters / 4")
    yield _histogram("Length of replies", report.lengths.replies, "tokens, estimated as characters / 4")
    if report.nearest:
        note = "cosine of the nearest other question; a heap at the right end is one question in many words"
        yield _histogram("How far apart questions are", report.nearest, note, limits=(0.0, 1.0))
    if report.coverage:
        note = f"cosine of the nearest row to each question of production; from {COVERED} on it counts as covered"
        yield _histogram("Whether rows ask what people ask", report.coverage.nearest, note, limits=(0.0, 1.0))


def _counted(title: str, counts: Mapping[str, int]) -> BarPlot:
    highest = max(1, *counts.values())
    bars = tuple(Bar(label=label, count=count, share=count / highest) for label, count in list(counts.items())[:8])
    return BarPlot(title=title, note="", bars=bars, labelled=True)


def _histogram(title: str, values: Sequence[float], note: str, limits: tuple[float, float] | None = None) -> BarPlot:
    low, high = limits or (0.0, float(max((*values, 1))))
    counts, edges = np.histogram(np.clip(values, low, high), bins=_BINS, range=(low, high))
    highest = max(1, int(counts.max()))
    places = [f"{edge:.2f}" if limits else f"{edge:.0f}" for edge in edges]
    return BarPlot(
        title=title,
        note=note,
        bars=tuple(
            Bar(label=f"{places[at]} to {places[at + 1]}", count=int(count), share=int(count) / highest)
            for at, count in enumerate(counts)
        ),
        labelled=False,
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("hybrid_adapters.datasets"), PackageLoader("hybrid.evaluation.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
