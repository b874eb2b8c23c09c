"""``hybrid data version``: which rows these are, and what changed since others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def version(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILES...]", help="Files of rows.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the rows as a version in the store.")] = False,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What to remember of a version.")] = "",
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", metavar="A B", help="What changed: versions by their first letters, or files."),
    ] = None,
    era: Annotated[str | None, typer.Option("--era", metavar="ERA", help="Rows of this policy era alone.")] = None,
    store: Annotated[Path, typer.Option("--store", metavar="DIR", help="Folder of the versions.")] = Path("datasets"),
    json: _options.Json = False,
) -> None:
    """Name rows by a hash of what they say, whatever their order and form; without FILES list the kept versions.

    The manifest of an adapter names the version of its rows; for rows that were built, the one of their card.
    """
    from hybrid import _plugins
    from hybrid._cli._display import Display

    display = Display(json=json)
    versions = _plugins.load("hybrid_adapters.datasets.version_report:VersionReport")(store)
    view, fields = (
        versions.difference(*diff)
        if diff is not None
        else versions.of_files(files, era=era, keep=keep, note=note)
        if files
        else versions.kept()
    )
    from hybrid._cli._data_writing import titled_list

    head, lines = view
    result: dict[str, Any] = fields
    display.result(titled_list(head, lines), result)
