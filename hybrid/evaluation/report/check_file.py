"""The report of ``hybrid check`` as JSON and for a terminal."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from hybrid.evaluation.regression import FORMAT_VERSION, CheckReport, Moved
from hybrid.evaluation.report.json_file import Fields, report_fields
from hybrid.evaluation.report.numbers import counted, milliseconds, score
from hybrid.evaluation.report.terminal import result_table, terminal_view

_SHOWN = 10


def render_check_json(report: CheckReport) -> str:
    """Return the report as indented JSON text, with a final newline; ``--baseline`` reads it."""
    return json.dumps(check_fields(report), indent=2) + "\n"


def check_fields(report: CheckReport) -> Fields:
    """Return the report as plain JSON values."""
    created: datetime = report.recall.created
    return {
        "version": FORMAT_VERSION,
        "golden": report.recall.name,
        "created": created.isoformat(timespec="seconds"),
        "model": report.answers.model,
        "passed": report.passed,
        "failures": list(report.failures),
        "answers": {
            "figures": dict(report.answers.figures),
            "seconds_p50": report.answers.seconds_p50,
            "seconds_p95": report.answers.seconds_p95,
            "per_question": {
                each.question.id: sorted({fault.kind for fault in each.faults}) for each in report.answers.outcomes
            },
            "faults": [
                {"id": each.question.id, "status": each.status, **asdict(fault)}
                for each in report.answers.outcomes
                for fault in each.faults
            ],
        },
        "regression": asdict(report.regression) if report.regression else None,
        "recall": report_fields(report.recall),
    }


def check_view(report: CheckReport) -> RenderableType:
    """Return the report for a rich console: retrieval, answers, what moved, and the verdict last."""
    answers, regression = report.answers, report.regression
    before = {moved.name: moved for moved in regression.moved} if regression else {}
    table = result_table(("answers", "left"), *((("before", "right"),) if regression else ()), ("now", "right"))
    for name, value in answers.figures.items():
        moved = before.get(name)
        then = [_before(moved, value)] if regression else []
        table.add_row(name.replace("_", " "), *then, score(value))
    asked = counted(len(answers.outcomes), "answer")
    lines: list[RenderableType] = [
        terminal_view(report.recall),
        Text(),
        Text(f"{asked} of {answers.model}, {milliseconds(answers.seconds_p50)} at the median"),
        table,
    ]
    if regression and regression.newly_wrong:
        named = [f"{name} ({', '.join(kinds)})" for name, kinds in regression.newly_wrong.items()]
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        lines.append(Text(f"  newly wrong: {', '.join(named[:_SHOWN])}{more}"))
    if regression and regression.newly_right:
        lines.append(Text(f"  newly right: {', '.join(regression.newly_right[:_SHOWN])}"))
    return Group(*lines, Text(), _verdict(report))


def _before(moved: Moved | None, value: float) -> Text:
    return Text(score(moved.before if moved else value), "red" if moved and moved.worse else "")


def _verdict(report: CheckReport) -> Text:
    if report.passed:
        return Text.assemble(("PASSED", "bold green"), "  retrieval and answers")
    return Text.assemble(("FAILED", "bold red"), "  ", "\n        ".join(report.failures))
