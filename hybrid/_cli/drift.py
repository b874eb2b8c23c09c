"""``hybrid drift``: whether people still ask what the golden questions ask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hybrid.drift.watch import DriftReport

app = command_app()


@app.command()
def drift(
    golden: Annotated[Path, typer.Argument(metavar="GOLDEN", help="The golden questions.")],
    days: Annotated[float, typer.Option("--days", min=0.01, metavar="DAYS", help="How far to look back.")] = 7.0,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page with plots.")
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Compare what the server was asked with the golden questions: meaning, length, support.

    Every 25 questions the last 50 are compared, by energy distance and population stability index with permutation
    tests; a run is wrong with a probability of at most 1 %. The questions that moved it are shown here alone, to
    whoever may read the server's records; JSON and HTML name them by trace id. The exit code is 1 where there is drift.
    """
    import time

    from hybrid import _plugins
    from hybrid._cli._display import Display
    from hybrid._cli._opening import settings_of
    from hybrid._cli._written import check_writable, write_file
    from hybrid.drift.questions import golden_questions, live_questions
    from hybrid.drift.report import render_html, report_fields, verdict_of
    from hybrid.drift.watch import watch
    from hybrid.errors import CheckFailed
    from hybrid.evaluation.last_check import load_last_check

    check_writable(html)
    settings = settings_of(config)
    check = load_last_check(settings.index.path)
    reference = golden_questions(golden, check.supports if check else {})
    live = live_questions(settings.server.data, since=time.time() - days * 86_400)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    with display.steps() as steps:
        steps("loading the embedding model", 0, None)
        embedder = _plugins.load("hybrid_indexes.embedding.loading:load_embedder")(settings.embedding.model)
        report = watch(reference, live, embed=embedder.embed_documents, progress=steps)
    if html is not None:
        write_file(html, render_html(report, golden.name))
    if report.left_out:
        display.note(
            "support is left out: run hybrid recall-check with these golden questions, some unanswerable, first"
        )
    display.result(_view(report), report_fields(report))
    if report.alarms:
        raise CheckFailed(f"{verdict_of(report)}; add questions like these to {golden.name}, and check again")


def _view(report: DriftReport) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from hybrid._cli._adapters import table_of
    from hybrid._cli._display import plain
    from hybrid.drift.report import WHAT, verdict_of
    from hybrid.evaluation.report.course import day

    lines = [Text(verdict_of(report), "bold")]
    if report.looks:
        last = report.looks[-1]
        rows = [
            (WHAT[found.kind], f"{found.size:.3f}", f"{found.p:.3g}", "drift" if found.alarm else "")
            for found in last.findings
        ]
        head = ("last look", "size", "p", "")
        lines.append(Text(f"{report.asked:,} questions, {len(report.looks)} looks, until {day(last.until)}"))
        body = [table_of(head, rows)]
    else:
        body = []
    moved = [
        Text(plain(f"  {day(look.until)} {finding.kind} {moved.amount:.2f}  {moved.question.text}"))
        for look, finding in report.alarms
        for moved in finding.moved
    ]
    return Group(*lines, *body, *moved)
