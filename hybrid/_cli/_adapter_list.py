"""``hybrid adapter list``: what is in the registry."""

from __future__ import annotations

from typing import Any

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()

_COLUMNS = ("adapter", "kind", "base", "data", "approved", "trained")


@app.command()
def list_adapters(
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """List adapters and their versions; a star marks the version in service, which the bare name means."""
    from rich.text import Text

    from hybrid._cli._adapters import registry_folder, report, table_of
    from hybrid._cli._display import Display, plain

    folder = registry_folder(registry, config)
    found = report("listed", folder)
    rows = [_row(each) for each in found["versions"]]
    nothing = Text(plain(f"No adapters in {folder}; train one with: hybrid adapter train recipe.toml"))
    Display(json=json).result(table_of(_COLUMNS, rows) if rows else nothing, found)


def _row(version: dict[str, Any]) -> tuple[str, ...]:
    name = f"{version['label']}{' *' if version['in_service'] else ''}"
    if "damage" in version:
        return name, "damaged: see hybrid adapter verify", "", "", "", ""
    approved = f"{version['approved']:,}"
    return name, version["kind"], version["base"], f"{version['rows']:,} rows", approved, version["created"][:10]
