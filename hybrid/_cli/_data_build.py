"""``hybrid data build``: training rows out of examples, by the pipeline that serves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def build(
    examples: Annotated[
        list[Path], typer.Argument(metavar="EXAMPLES...", help="Files of examples, or folders of *.jsonl.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The rows; their card lies beside them.")],
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="MODULE:CLASS", help="Contract of the replies; else configured.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="local:FOLDER", help="Model to train: what fits it is shown. Else configured."),
    ] = None,
    instructions: Annotated[
        str, typer.Option("--instructions", metavar="TEXT", help="How the voice is told to speak, after the rules.")
    ] = "",
    distil_prompt: Annotated[
        bool, typer.Option("--distil-prompt", help="Leave rules and instructions out; the weights learn them.")
    ] = False,
    missing: Annotated[
        float, typer.Option("--missing", metavar="SHARE", help="Copy so many answered rows without their answer.")
    ] = 0.0,
    few: Annotated[
        float, typer.Option("--few", metavar="SHARE", help="Copy so many rows with one to three units of evidence.")
    ] = 0.0,
    put_in: Annotated[
        bool, typer.Option("--put-in", help="Put evidence in that retrieval does not bring, instead of leaving it out.")
    ] = False,
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="Rows that are not trained on, by document.")
    ] = 0.15,
    unapproved: Annotated[bool, typer.Option("--unapproved", help="Build examples that nobody approved, too.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Decides everything that is drawn.")] = 0,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Make training rows out of examples: what serving would show the model, and the reply it is to learn.

    Each example is asked as its own principal; one whose evidence that principal may not read is faulty. Examples whose
    evidence retrieval does not bring are left out and named. The exit code is 1 when an example has to be mended; the
    rows of the others are written all the same.
    """
    from functools import partial

    from hybrid import _plugins
    from hybrid._cli._data_view import built_view, require_no_fault
    from hybrid._cli._display import Display
    from hybrid._cli._opening import settings_of
    from hybrid._cli._written import check_writable

    check_writable(out)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    options = _plugins.load("hybrid_adapters.rows.build:BuildOptions")(
        voice=_plugins.load("hybrid_adapters.rows.reading:Voice")(instructions=instructions, distilled=distil_prompt),
        missing=missing,
        few=few,
        held_out=held_out,
        put_in=put_in,
        unapproved=unapproved,
        seed=seed,
    )
    with display.steps() as steps:
        steps("opening", 0, None)
        built = _plugins.load("hybrid_adapters.rows.assembly:build_from_settings")(
            settings_of(config),
            examples,
            contract=contract,
            model=model,
            options=options,
            progress=partial(steps, "examples"),
        )
    built.write(out)
    report = _plugins.load("hybrid_adapters.rows.report:report_fields")(built, out)
    display.result(built_view(report), report)
    require_no_fault(report)
