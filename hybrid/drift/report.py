"""A drift report for people and machines. Files name questions by trace id; their texts are the askers' own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hybrid.drift.psi import MOVED
from hybrid.drift.watch import DriftReport, Finding, Look
from hybrid.evaluation.report.course import CoursePage, Plot, Point, Table, day, render_course

WHAT = {"meaning": "meaning (energy distance)", "length": "length (PSI)", "support": "support (PSI)"}
"""What is compared, in words."""


def verdict_of(report: DriftReport) -> str:
    """Return what a report says, in one line."""
    if not report.looks:
        return f"no look yet: {report.asked} questions of the period, {report.step} are needed"
    if not report.alarms:
        return "no drift"
    kinds = list(dict.fromkeys(finding.kind for _, finding in report.alarms))
    return f"drift in {' and '.join(kinds)}"


def report_fields(report: DriftReport) -> dict[str, Any]:
    """Return the report as JSON values, without any text of a question."""
    return {
        "verdict": verdict_of(report),
        "alarm": bool(report.alarms),
        "golden": report.golden,
        "asked": report.asked,
        "window": report.window,
        "step": report.step,
        "level": report.level,
        "left_out": list(report.left_out),
        "looks": [_look_fields(look) for look in report.looks],
    }


def render_html(report: DriftReport, golden: str) -> str:
    """Return the report as one HTML page, with a plot for each kind."""
    kinds = [finding.kind for finding in report.looks[-1].findings] if report.looks else []
    return render_course(
        CoursePage(
            kind="Drift",
            title=golden,
            subtitle=f"{report.asked:,} questions of the period, {report.golden:,} golden questions",
            verdict=verdict_of(report),
            good=not report.alarms,
            reasons=tuple(_reasons(report)),
            plots=tuple(_plot(report, kind) for kind in kinds),
            tables=(_table(report),),
            note=f"Each look compares the last {report.window} questions with the golden ones, every {report.step} "
            f"questions. This run, with all its looks, sees drift where there is none with a probability of at most "
            f"{report.level:.0%}. A p-value stands for all divisions into samples of the same sizes.",
        )
    )


def _look_fields(look: Look) -> dict[str, Any]:
    return {
        "until": look.until,
        "asked": look.asked,
        "questions": look.questions,
        "findings": [
            {
                "kind": finding.kind,
                "size": finding.size,
                "p": finding.p,
                "alarm": finding.alarm,
                "moved": [{"trace_id": moved.question.name, "amount": moved.amount} for moved in finding.moved],
            }
            for finding in look.findings
        ],
    }


def _reasons(report: DriftReport) -> Iterator[str]:
    for look, finding in report.alarms:
        names = ", ".join(moved.question.name for moved in finding.moved)
        yield f"{day(look.until)}: {WHAT[finding.kind]} {finding.size:.3f}, p = {finding.p:.2g}; most by {names}"


def _plot(report: DriftReport, kind: str) -> Plot:
    found = [(look, finding) for look in report.looks for finding in look.findings if finding.kind == kind]
    return Plot(
        title=f"{WHAT[kind][0].upper()}{WHAT[kind][1:]}",
        points=tuple(Point(moment=look.until, value=finding.size) for look, finding in found),
        limits=() if kind == "meaning" else (MOVED,),
        note="" if kind == "meaning" else f"An index of {MOVED} is a distribution that has moved.",
    )


def _table(report: DriftReport) -> Table:
    return Table(
        title="All looks",
        head=("until", "questions", "compared", "size", "p", "drift"),
        rows=tuple(_row(look, finding) for look in report.looks for finding in look.findings),
    )


def _row(look: Look, finding: Finding) -> tuple[str, ...]:
    alarm = "drift" if finding.alarm else ""
    return day(look.until), f"{look.questions}", WHAT[finding.kind], f"{finding.size:.3f}", f"{finding.p:.3g}", alarm
