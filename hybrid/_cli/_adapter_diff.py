"""``hybrid adapter diff``: what changed between two versions."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def diff(
    one: _options.AdapterName,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The version to compare with.", show_default=False)],
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """Show what changed from one version to another: data, eras, recipe, base, contract, scores."""
    from rich.text import Text

    from hybrid._cli._adapters import registry_folder, report, table_of
    from hybrid._cli._display import Display

    found = report("differences", registry_folder(registry, config), one, other)
    rows = [(each["what"], _short(each["from"]), _short(each["to"])) for each in found["changes"]]
    weights = "the weights too" if found["same_weights"] else "only the weights differ"
    same = Text(f"{found['from']} and {found['to']} were made of the same; {weights}")
    Display(json=json).result(table_of(("", found["from"], found["to"]), rows) if rows else same, found)


def _short(value: object) -> str:
    text = "-" if value is None or value == {} or value == [] else str(value)
    return text[:12] if len(text) == 64 and text.isalnum() else text
