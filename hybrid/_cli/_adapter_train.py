"""``hybrid adapter train``: from a recipe to a version in the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from rich.console import RenderableType

app = command_app()


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="The TOML file that says what to train on what.")],
    registry: _options.Registry = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew instead of taking up a killed run.")] = False,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Train what a recipe describes, and keep it as the next version of its name.

    Only approved rows train. Before the first step every row is proved to teach its reply and nothing else. Ctrl-C or a
    crash loses a minute at most: run the command again to go on. Nothing reaches the registry before it is whole.
    """
    from dataclasses import asdict

    from hybrid import _plugins
    from hybrid._cli._adapters import registry_folder
    from hybrid._cli._display import Display

    wanted = _plugins.load("hybrid_adapters.training:load_recipe")(recipe)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    with display.steps() as steps:
        trained = _plugins.load("hybrid_adapters.training.train:train")(
            wanted, registry_folder(registry, config), progress=steps, announce=display.aside, fresh=fresh
        )
    found = asdict(trained)
    display.result(_view(found), found)


def _view(found: dict[str, Any]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from hybrid._cli._adapters import fields_table
    from hybrid._cli._display import plain

    resumed = f", taken up again at update {found['resumed_at']:,}" if found["resumed_at"] else ""
    before, after = found["before"], found["after"]
    fields = {
        "rows": f"{found['rows']:,}, {found['tokens']:,} tokens in {found['steps']:,} updates{resumed}",
        "trained weights": f"{found['parameters']:,}",
        "time": f"{found['seconds']:,.0f} s, at most {found['peak_memory'] / 2**30:.1f} GiB of memory",
    }
    if after:
        fields["held-out loss"] = f"{before['loss']:.3f} before, {after['loss']:.3f} after ({after['rows']:,} rows)"
        fields["perplexity"] = f"{before['perplexity']:,.2f} before, {after['perplexity']:,.2f} after"
    if after and after["format_valid"] is not None:
        fields["contract kept without a grammar"] = (
            f"{before['format_valid']:.1%} before, {after['format_valid']:.1%} after ({after['format_rows']:,} replies)"
        )
    return Group(Text(plain(found["label"]), "bold"), fields_table(fields))
