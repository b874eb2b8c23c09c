"""``hybrid data review``: rows one after the other, and what a person decides about them."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def review(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of rows.")],
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", metavar="NAME", help="Who decides; else who is signed in here.")
    ] = None,
    two_reviewers: Annotated[
        bool, typer.Option("--two-reviewers", help="Two people have to approve a row, neither of whom wrote it.")
    ] = False,
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="MODULE:CLASS", help="Contract of the replies; else configured.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides which 50 rows are read first.")] = 0,
    config: _options.Config = None,
) -> None:
    """Approve, edit or reject rows, first 50 drawn at random, then the others.

    Type a letter and Enter: a approves, e opens the row in $EDITOR, r rejects, s skips for now, u takes the last
    decision back, q leaves. Every decision is on the disk at once, and the command goes on where it was left.
    """
    from hybrid import _plugins
    from hybrid._cli._data_inputs import contract_of_rows, settings_or_defaults
    from hybrid._cli._data_reviewing import Desk

    name = reviewer or getpass.getuser()
    opened = _plugins.load("hybrid_adapters.datasets.reviewing:Review")(
        file,
        name,
        two_reviewers=two_reviewers,
        contract=contract_of_rows(settings_or_defaults(config), contract),
        seed=seed,
    )
    Desk(opened).run()
