"""``hybrid advise``: prompt, retrieval, adapter or nothing, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def advise(
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="What people know; else advise.toml beside the configuration."),
    ] = None,
    init: Annotated[bool, typer.Option("--init", help="Write that file, to be filled in, and leave.")] = False,
    adapter: Annotated[
        str | None,
        typer.Option("--adapter", metavar="NAME", help="Whose evaluations count; else the configured one's."),
    ] = None,
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
) -> None:
    """Print the decision record: what to do next, by which rule, with the numbers it used and what is missing.

    Measured are the recall of the last check, evaluations on held-out rows, reviewed pairs, how often documents
    changed, and the plan of a recipe. The rest is asked for in advise.toml. Markdown; with --json one document.
    """
    from datetime import UTC, datetime

    from rich.text import Text

    from hybrid._cli._adapters import registry_folder
    from hybrid._cli._advice import facts_for, intent_file
    from hybrid._cli._display import Display, plain
    from hybrid.advise.decision import decide
    from hybrid.advise.record import record_fields, render_markdown
    from hybrid.errors import ConfigError

    display = Display(json=json, quiet=quiet)
    place = file or intent_file(config)
    if init:
        _write_template(place)
        display.note(f"{place} is written; fill it in, and run: hybrid advise")
        return
    if file is not None and not file.is_file():
        raise ConfigError(f"{str(file)!r} does not exist; write it: hybrid advise --init --file {file}")
    decision = decide(facts_for(place, registry_folder(registry, config), config, adapter=adapter))
    if not place.is_file():
        display.note(f"{place} does not exist, so what people know is missing; write one: hybrid advise --init")
    now = datetime.now(UTC).replace(microsecond=0)
    display.result(Text(plain(render_markdown(decision, created=now).rstrip())), record_fields(decision, created=now))


def _write_template(place: Path) -> None:
    from hybrid._cli._written import check_writable, write_file
    from hybrid.advise.intent import TEMPLATE
    from hybrid.errors import ConfigError

    check_writable(place)
    if place.exists():
        raise ConfigError(f"{str(place)!r} is there already and stays as it is; name another with --file")
    write_file(place, TEMPLATE)
