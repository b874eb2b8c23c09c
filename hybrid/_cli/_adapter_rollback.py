"""``hybrid adapter rollback``: another version of a name goes into service."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def rollback(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The adapter, without a number.", show_default=False)],
    to: Annotated[
        int | None, typer.Option("--to", metavar="NUMBER", min=1, help="Which version; else the one before.")
    ] = None,
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """Put an earlier version into service, or with --to any; running servers use it from the next question on.

    Nothing is removed: the version that leaves service stays, and --to brings it back.
    """
    from rich.text import Text

    from hybrid._cli._adapters import registry_folder, report
    from hybrid._cli._display import Display, plain

    found = report("put_in_service", registry_folder(registry, config), name, to)
    before = f" instead of {found['before']}" if found["before"] else ""
    Display(json=json).result(Text(plain(f"{found['in_service']} is in service{before}")), found)
