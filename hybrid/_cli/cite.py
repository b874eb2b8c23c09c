"""``hybrid cite``: prove that an old answer still stands, or say what changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app(help="Prove that an old answer still stands.")


@app.callback()
def cite() -> None:
    """Prove that an old answer still stands."""


@app.command()
def check(
    answer: Annotated[
        Path, typer.Argument(metavar="ANSWER.json", help="What hybrid ask --out or --json wrote.", show_default=False)
    ],
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
) -> None:
    """Re-read every citation of an old answer from the documents as they are now.

    A citation stands, has moved to other lines, has expired (its document no longer holds), has changed, or is gone:
    removed, or not readable for who asks. The exit code is 1 where one has expired, changed or gone. The citations are
    checked, not the wording around them.
    """
    from hybrid._cli._answers import load_answer
    from hybrid._cli._display import Display
    from hybrid._cli._identity import principal_of
    from hybrid._cli._opening import open_silent_pipeline
    from hybrid._cli._verdicts import require_standing, verdict_fields, verdicts_view

    display, principal = Display(json=json, quiet=quiet), principal_of(user, groups, tenant)
    citations = load_answer(answer)
    with open_silent_pipeline(config) as pipeline:
        verdicts = pipeline.recheck(citations, principal=principal)
    display.result(verdicts_view(verdicts), verdict_fields(verdicts))
    require_standing(verdicts, answer.name)
