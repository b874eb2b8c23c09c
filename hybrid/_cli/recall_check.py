"""``hybrid recall-check``: what is found, what is missed and by which stage, what leaks, when to refuse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from hybrid._cli._display import Display
    from hybrid.evaluation.check import RecallReport

app = command_app()

_STDOUT = Path("-")


def _file(name: str, help: str) -> typer.models.OptionInfo:
    return typer.Option(name, metavar="FILE", help=help)


@app.command()
def recall_check(
    golden: Annotated[
        Path | None,
        typer.Argument(metavar="GOLDEN", help="Golden questions for the configured index.", show_default=False),
    ] = None,
    beir: Annotated[
        Path | None,
        typer.Option("--beir", metavar="FOLDER", help="Check a folder of corpus.jsonl, queries.jsonl, qrels.tsv."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--source", metavar="FOLDER", help="Check a folder of any documents, by --queries and --qrels."),
    ] = None,
    queries: Annotated[Path | None, _file("--queries", 'JSON lines {"_id" or "id", "text"}.')] = None,
    qrels: Annotated[Path | None, _file("--qrels", "Lines of query id, document (id, path or stem), grade.")] = None,
    judged_only: Annotated[
        bool, typer.Option("--judged-only", help="Leave out queries without a relevant document; else an error.")
    ] = False,
    min_recall: Annotated[float, typer.Option("--min-recall", help="Recall@5 below which the check fails.")] = 0.80,
    baseline: Annotated[Path | None, _file("--baseline", "Fail if worse than this earlier --json report.")] = None,
    json: Annotated[Path | None, _file("--json", "Write the report as JSON; - is stdout, without the table.")] = None,
    junit: Annotated[Path | None, _file("--junit", "Write the report as JUnit XML.")] = None,
    html: Annotated[Path | None, _file("--html", "Write the report as one HTML page with plots.")] = None,
    config: _options.Config = None,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Measure what is found, what is missed and by which stage, what leaks, and when to refuse.

    With GOLDEN the configured index is checked, as each row's own principal; rows that are not answerable calibrate the
    support below which questions are refused, which is stored with the index. With --beir or --source a folder is
    checked on a throw-away index in the cache, asked by an anonymous visitor; there, a document that names no reader is
    readable. The exit code is 1 when recall@5 is below --min-recall, something leaked or the baseline was better, and 2
    when the input cannot be scored.
    """
    from hybrid._cli._checks import Inputs, check
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable

    check_writable(None if json == _STDOUT else json, junit, html)
    display = Display(json=json == _STDOUT, quiet=quiet, no_progress=no_progress)
    inputs = Inputs(
        golden=golden,
        beir=beir,
        source=source,
        queries=queries,
        qrels=qrels,
        judged_only=judged_only,
        min_recall=min_recall,
        baseline=baseline,
        config=config,
    )
    report = check(inputs, display)
    _write(report, None if json == _STDOUT else json, junit, html)
    _show(report, display)
    report.require_passed()


def _write(report: RecallReport, json: Path | None, junit: Path | None, html: Path | None) -> None:
    from hybrid._cli._written import write_file

    if json is not None:
        from hybrid.evaluation.report.json_file import render_json

        write_file(json, render_json(report))
    if junit is not None:
        from hybrid.evaluation.report.junit import render_junit

        write_file(junit, render_junit(report))
    if html is not None:
        from hybrid.evaluation.report.html_page import render_html

        write_file(html, render_html(report))


def _show(report: RecallReport, display: Display) -> None:
    from hybrid.evaluation.report.json_file import report_fields
    from hybrid.evaluation.report.terminal import terminal_view

    display.result(terminal_view(report), report_fields(report))
