"""``hybrid adapter rate``: what people say of the replies of an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def rate(
    name: _options.AdapterName,
    sheets: Annotated[list[Path], typer.Argument(metavar="SHEET...", help="Sheets of evaluate --sheet, filled in.")],
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """Add people's ratings to the last evaluation of a version: means by arm, and how far the raters agree."""
    from hybrid import _plugins
    from hybrid._cli._adapters import registry_folder, table_of
    from hybrid._cli._display import Display

    room = "hybrid_adapters.evaluation"
    folder = _plugins.load("hybrid_adapters.registry:Registry")(registry_folder(registry, config))
    last = _plugins.load(f"{room}.promote:last_evaluation")(folder, folder.resolve(name))
    found = _plugins.load(f"{room}.rating:rated")(last, sheets)
    _plugins.load(f"{room}.report:save_evaluation")(folder.folder, found)
    criteria = _plugins.load(f"{room}.rating:CRITERIA")
    lines = [[arm, *(_figure(means.get(each)) for each in criteria)] for arm, means in found.ratings.items()]
    alphas = ["agreement (alpha)", *(_figure(found.agreement.get(f"alpha_{each}")) for each in criteria)]
    Display(json=json).result(table_of(["", *criteria], [*lines, alphas]), found)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
