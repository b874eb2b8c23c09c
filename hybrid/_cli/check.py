"""``hybrid check``: retrieval and answers on the golden set, against an earlier check, in one command for CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from hybrid.evaluation.regression import CheckReport

app = command_app()

_STDOUT = Path("-")


@app.command()
def check(
    golden: Annotated[
        Path, typer.Argument(metavar="GOLDEN", help="Golden questions for the configured index.", show_default=False)
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="Another model than the configured: local:FOLDER, remote:NAME."),
    ] = None,
    adapter: _options.Adapter = None,
    min_recall: Annotated[float, typer.Option("--min-recall", help="Recall@5 below which the check fails.")] = 0.80,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="Fail if worse than this earlier --json report.")
    ] = None,
    slower: Annotated[
        float, typer.Option("--slower", min=1.0, help="Fail if answers take so many times as long as in the baseline.")
    ] = 2.0,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - is stdout alone.")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write it as JUnit XML.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as one HTML page.")] = None,
    config: _options.Config = None,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Check what is found and what is answered, and name what moved since an earlier check.

    Recall and leaks are checked as by recall-check. Then every question is answered by the configured model as its own
    principal: each citation is re-read, and refusals, leaks, format and time are judged. The exit code is 1 when recall
    is too low, a citation does not stand, something leaked, a reply broke the format, or the baseline was better, and 2
    when the input cannot be scored. Nothing is calibrated or stored. A new base model is tried with --model.
    """
    from hybrid._cli._answer_checks import Inputs, run_check
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable
    from hybrid.evaluation.report.check_file import check_fields, check_view

    check_writable(None if json == _STDOUT else json, junit, html)
    display = Display(json=json == _STDOUT, quiet=quiet, no_progress=no_progress)
    inputs = Inputs(
        golden=golden,
        model=model,
        adapter=adapter,
        min_recall=min_recall,
        baseline=baseline,
        slower=slower,
        config=config,
    )
    report = run_check(inputs, display)
    _write(report, None if json == _STDOUT else json, junit, html)
    display.result(check_view(report), check_fields(report))
    report.require_passed()


def _write(report: CheckReport, json: Path | None, junit: Path | None, html: Path | None) -> None:
    from hybrid._cli._written import write_file

    if json is not None:
        from hybrid.evaluation.report.check_file import render_check_json

        write_file(json, render_check_json(report))
    if junit is not None:
        from hybrid.evaluation.report.junit import render_check_junit

        write_file(junit, render_check_junit(report))
    if html is not None:
        from hybrid.evaluation.report.html_page import render_check_html

        write_file(html, render_check_html(report))
