"""A comparison for people and machines: what can be said of it today."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10
from typing import Any

from hybrid.evaluation.report.course import CoursePage, Plot, Point, Table, day, render_course
from hybrid.evaluation.report.numbers import counted, percent
from hybrid.experiments.comparison import OUTCOMES, Comparison, Difference
from hybrid.experiments.people import ratio_of, seconds_of

NAMES = {
    "answered": "answered",
    "refused": "refused",
    "clarify": "asked back",
    "up": "rated up",
    "down": "rated down",
    "person": "asked for a human",
    "seconds": "seconds",
}
"""Outcomes in words."""


def verdict_of(comparison: Comparison) -> str:
    """Return what the experiment says, in one line."""
    if comparison.lost:
        return "no decision can be trusted: the variants do not hold the people they were given"
    return "; ".join(said_of(comparison, each) for each in comparison.deciding)


def said_of(comparison: Comparison, difference: Difference) -> str:
    """Return what is said of one variant, in what decides."""
    control, margin = comparison.experiment.control, percent(comparison.experiment.margin)
    since = f" since {day(difference.decided)}" if difference.decided is not None else ""
    match difference.verdict:
        case "better":
            return f"{difference.label} is better than {control}{since}{_within(comparison, difference)}"
        case "worse":
            return f"{control} is better than {difference.label}{since}{_within(comparison, difference)}"
        case "equal":
            return f"{difference.label} and {control} are equal within {margin}{since}"
        case "moved":
            return (
                f"{difference.label} and {control} differ in another way than they did before: begin a new experiment"
            )
        case "undecided":
            return f"no decision yet between {difference.label} and {control}"


def interval_of(difference: Difference) -> str:
    """Return the interval of a difference: in percentage points, for seconds as a ratio."""
    low, high = difference.interval.low, difference.interval.high
    if difference.outcome == "seconds":
        return f"{ratio_of(low):.2f} to {ratio_of(high):.2f} times"
    return f"{100 * low:+.1f} to {100 * high:+.1f} points"


def mean_of(outcome: str, value: float | None) -> str:
    """Return a mean over people, as a percentage or in seconds."""
    if value is None:
        return ""
    return f"{seconds_of(value):.2f} s" if outcome == "seconds" else percent(value)


def report_fields(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON values."""
    return {
        "experiment": comparison.experiment.model_dump(mode="json"),
        "moment": comparison.moment,
        "verdict": verdict_of(comparison),
        "decided": all(each.verdict != "undecided" for each in comparison.deciding),
        "lost": comparison.lost,
        "waiting": comparison.waiting,
        "variants": [
            {
                "label": arm.label,
                "share": arm.share,
                "people": arm.people,
                "answers": arm.answers,
                "means": {name: seconds_of(mean) if name == "seconds" else mean for name, mean in arm.means.items()},
            }
            for arm in comparison.arms
        ],
        "differences": [_difference_fields(each) for each in comparison.differences],
    }


def render_html(comparison: Comparison) -> str:
    """Return the comparison as one HTML page with a plot over time for each variant and outcome."""
    people = sum(arm.people for arm in comparison.arms)
    shown = (*comparison.deciding, *(each for each in comparison.differences if each not in comparison.deciding))
    return render_course(
        CoursePage(
            kind="Experiment",
            title=comparison.experiment.name,
            subtitle=f"{counted(people, 'person', 'people')} until {day(comparison.moment)}, {comparison.waiting} "
            "whose time is not over",
            verdict=verdict_of(comparison),
            good=not comparison.lost,
            plots=tuple(_plot(comparison, each) for each in shown),
            tables=(_arms_table(comparison), _differences_table(comparison)),
            note="A person counts once, with the shares among all answers in the first "
            f"{comparison.experiment.window:g} day(s). Bands hold on all days together, with 95 %: they may be looked "
            f"at every day. What decides is {NAMES[comparison.experiment.metric]!r}; the rest decides nothing.",
        )
    )


def _within(comparison: Comparison, difference: Difference) -> str:
    margin, interval = comparison.experiment.margin, difference.interval
    small = -margin < interval.low and interval.high < margin
    return f", by less than {percent(margin)}" if small else ""


def _difference_fields(difference: Difference) -> dict[str, Any]:
    interval = difference.interval
    return {
        "outcome": difference.outcome,
        "label": difference.label,
        "verdict": difference.verdict,
        "decided": difference.decided,
        "unit": "ratio" if difference.outcome == "seconds" else "share",
        "low": _in_unit(difference.outcome, interval.low),
        "high": _in_unit(difference.outcome, interval.high),
        "looks": [
            {
                "moment": look.moment,
                "people": look.people,
                "low": _in_unit(difference.outcome, look.interval.low),
                "high": _in_unit(difference.outcome, look.interval.high),
            }
            for look in difference.looks
        ],
    }


def _in_unit(outcome: str, value: float) -> float:
    return ratio_of(value) if outcome == "seconds" else value


def _plot(comparison: Comparison, difference: Difference) -> Plot:
    outcome, margin = difference.outcome, comparison.experiment.margin
    points = tuple(
        Point(
            moment=look.moment,
            value=(_shown(outcome, look.interval.low) + _shown(outcome, look.interval.high)) / 2,
            low=_shown(outcome, look.interval.low),
            high=_shown(outcome, look.interval.high),
        )
        for look in difference.looks
    )
    decides = outcome == comparison.experiment.metric
    unit = "times slower, as a power of ten" if outcome == "seconds" else "percentage points"
    return Plot(
        title=f"{NAMES[outcome].capitalize()}: {difference.label} against {comparison.experiment.control}",
        points=points,
        limits=(-100 * margin, 0.0, 100 * margin) if decides else (0.0,),
        note=f"Difference in {unit}.{' This decides.' if decides else ''}",
    )


def _shown(outcome: str, value: float) -> float:
    return log10(ratio_of(value)) if outcome == "seconds" else 100 * value


def _arms_table(comparison: Comparison) -> Table:
    return Table(
        title="Variants",
        head=("variant", "share", "people", "answers", *(NAMES[name] for name in OUTCOMES)),
        rows=tuple(
            (
                arm.label,
                percent(arm.share),
                f"{arm.people:,}",
                f"{arm.answers:,}",
                *(mean_of(name, arm.means.get(name)) for name in OUTCOMES),
            )
            for arm in comparison.arms
        ),
    )


def _differences_table(comparison: Comparison) -> Table:
    return Table(
        title=f"Differences from {comparison.experiment.control}",
        head=("variant", "outcome", "difference", "says"),
        rows=tuple(differences_rows(comparison)),
    )


def differences_rows(comparison: Comparison) -> Iterator[tuple[str, str, str, str]]:
    """Yield variant, outcome, interval and verdict of each difference."""
    for each in comparison.differences:
        decides = " (decides)" if each.outcome == comparison.experiment.metric else ""
        verdict = "" if each.verdict == "undecided" else each.verdict
        yield each.label, NAMES[each.outcome] + decides, interval_of(each), verdict
