"""``hybrid data check``: what has to be mended in rows before anything is trained on them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


class Purpose(StrEnum):
    """What rows are to teach."""

    STYLE = "style"
    DOMAIN = "domain"
    REASONING = "reasoning"


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Files of rows, or folders of *.jsonl.")],
    purpose: Annotated[
        Purpose | None, typer.Option("--purpose", help="What they teach: 50, 500 or 1,000 approved rows at least.")
    ] = None,
    golden: Annotated[
        Path | None, typer.Option("--golden", metavar="FILE", help="Golden questions that no row may ask.")
    ] = None,
    held_out: Annotated[
        Path | None, typer.Option("--held-out", metavar="FILE", help="Held-out rows that no row may repeat.")
    ] = None,
    live: Annotated[
        Path | None,
        typer.Option("--live", metavar="FILE", help="What people ask: a JSONL file with questions, or one a line."),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option("--days", min=0.01, metavar="DAYS", help="What people asked the server in so many days."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="MODEL", help="Name the rows that this model answers rightly without them."),
    ] = None,
    two_reviewers: Annotated[
        bool, typer.Option("--two-reviewers", help="Two people other than the author have to approve a row.")
    ] = False,
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="MODULE:CLASS", help="Contract of the replies; else configured.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page with plots.")
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Check rows for broken lines, contradictions, repetition, leaks, personal data, and whether they are enough.

    Without a hybrid.toml here, replies are held against the built-in contract. Rows are named and never quoted. The
    exit code is 1 where something has to be mended.
    """
    from hybrid import _plugins
    from hybrid._cli._data_inputs import contract_of_rows, known_right, live_of, settings_or_defaults
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable, write_file
    from hybrid.errors import CheckFailed

    check_writable(html)
    settings = settings_or_defaults(config)
    options = _plugins.load("hybrid_adapters.datasets.checking:CheckOptions")(
        contract=contract_of_rows(settings, contract),
        purpose=purpose,
        golden=golden,
        held_out=held_out,
        eras=settings.data.eras,
        live=live_of(settings, live, days),
        two_reviewers=two_reviewers,
    )
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    with display.steps() as steps:
        steps("loading the embedding model", 0, None)
        embedder = _plugins.load("hybrid_indexes.embedding.loading:load_embedder")(settings.embedding.model)
        report = _plugins.load("hybrid_adapters.datasets.checking:check_rows")(
            files, options, embed=embedder.embed_documents, progress=steps
        )
        known = known_right(settings, files, model=model, contract=contract, progress=steps)
    if html is not None:
        write_file(html, _plugins.load("hybrid_adapters.datasets.report:render_html")(report))
    fields: dict[str, Any] = _plugins.load("hybrid_adapters.datasets.report:report_fields")(report)
    fields["already_right"] = known
    from hybrid._cli._data_check_view import check_view

    display.result(check_view(fields), fields)
    if not report.good:
        raise CheckFailed(f"{fields['verdict']}, see above; nothing was changed")
