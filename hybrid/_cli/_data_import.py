"""``hybrid data import``: rows of other programs, for somebody to review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSONL file of OpenAI or TRL.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the rows go; it must not exist yet.")],
    era: Annotated[str, typer.Option("--era", metavar="ERA", help="The policies under which the replies were right.")],
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="Who wrote them.")],
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="Where they come from; else the file's name.")
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """Read chats, prompts and completions, or preference pairs; none of them is approved before somebody reviews it."""
    from hybrid import _plugins
    from hybrid._cli._data_inputs import known_era, settings_or_defaults
    from hybrid._cli._data_writing import titled_list, write_rows
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable
    from hybrid.errors import ConfigError

    check_writable(out)
    if out.exists():
        raise ConfigError(f"{str(out)!r} exists already, and may hold reviewed rows; name another file")
    known_era(settings_or_defaults(config), era)
    form, rows = _plugins.load("hybrid_adapters.datasets.exchange:imported")(
        file, era=era, author=author, source=source
    )
    write_rows(out, rows)
    head = f"{len(rows):,} {form}s in {out}, all open; next: hybrid data review {out}"
    Display(json=json).result(titled_list(head, []), {"file": str(out), "rows": len(rows), "form": form})
