"""``hybrid data export``: approved rows for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


class Format(StrEnum):
    """Formats of others."""

    OPENAI = "openai"
    TRL = "trl"
    TRL_CONVERSATIONAL = "trl-conversational"
    TRL_PREFERENCE = "trl-preference"


@app.command()
def export(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Files of rows, or folders of *.jsonl.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where they go.")],
    format: Annotated[
        Format, typer.Option("--format", help="openai: messages; trl: prompt and completion; or preference pairs.")
    ] = Format.OPENAI,
    era: Annotated[str | None, typer.Option("--era", metavar="ERA", help="Rows of this policy era alone.")] = None,
    json: _options.Json = False,
) -> None:
    """Write approved rows in the format of OpenAI or TRL; rows that nobody approved are left out and counted."""
    from hybrid import _plugins
    from hybrid._cli._data_writing import titled_list, write_rows
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable

    check_writable(out)
    records = _plugins.load("hybrid_adapters.datasets.reading:load_records")(files)
    if era is not None:
        records = _plugins.load("hybrid_adapters.datasets.versions:of_era")(records, era)
    found: Any = _plugins.load("hybrid_adapters.datasets.exchange:exported")(records, format.value)
    write_rows(out, found.rows)
    fields = {"file": str(out), "rows": len(found.rows), "left_out": found.left_out, "format": format.value}
    left = f"; {found.left_out:,} that nobody approved are left out" if found.left_out else ""
    Display(json=json).result(titled_list(f"{len(found.rows):,} rows in {out}{left}", []), fields)
