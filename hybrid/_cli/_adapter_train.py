"""``hybrid adapter train``: from a recipe to a version in the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hybrid._cli._display import Display
    from hybrid.advise.decision import Decision

app = command_app()


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="The TOML file that says what to train on what.")],
    registry: _options.Registry = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew instead of taking up a killed run.")] = False,
    override: Annotated[
        str | None,
        typer.Option("--override", metavar="REASON", help="Train although advice is against it; the reason is kept."),
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Train what a recipe describes, and keep it as the next version of its name.

    Where `hybrid advise` is against training for what is known, nothing is trained, and the exit code is 1. Only
    approved rows train. Before the first step every row is proved to teach its reply and nothing else. Ctrl-C or a
    crash loses a minute at most: run the command again to go on. Nothing reaches the registry before it is whole. The
    first version of a name serves at once, every later one when `hybrid adapter promote` lets it.
    """
    from dataclasses import asdict

    from hybrid import _plugins
    from hybrid._cli._adapters import registry_folder
    from hybrid._cli._display import Display

    wanted = _plugins.load("hybrid_adapters.training:load_recipe")(recipe)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    place = registry_folder(registry, config)
    # Advice is about voices; a ranker changes nothing that anybody reads, and the gate decides whether it serves.
    asked = None if wanted.method == "ranker" else _advised(recipe, wanted, place, config)
    reason = None if asked is None else _overridden(asked, override, display)
    with display.steps() as steps:
        trained = _plugins.load("hybrid_adapters.training.train:train")(
            wanted, place, progress=steps, announce=display.aside, fresh=fresh, override=reason
        )
    found = asdict(trained)
    display.result(_view(found), found)
    if "@" in trained.label:
        display.note(_standing(trained.label, place, wanted.rows))


def _standing(label: str, registry: Path, rows: Path) -> str:
    """Return whether what was trained serves, and what to do next."""
    from hybrid import _plugins

    measure = f"hybrid adapter evaluate {label} {rows}"
    serving = _plugins.load("hybrid_adapters.registry.reports:waiting_behind")(registry, label)
    if serving is None:
        return f"{label} is in service, since no other version is; measure it: {measure}"
    return f"{label} waits while {serving} serves; next: {measure}, then: hybrid adapter promote {label}"


def _advised(recipe: Path, wanted: Any, registry: Path, config: Path | None) -> Decision:
    """Return what advice says of the recipe: its own rows and evaluations, and what is known of the index beside it."""
    from hybrid import _plugins
    from hybrid._cli._advice import facts_for, intent_file
    from hybrid.advise.decision import decide

    pairs = _plugins.load("hybrid_adapters.training.pairs:reviewed_pairs")(wanted)
    place = intent_file(config, recipe=recipe)
    return decide(facts_for(place, registry, config, adapter=wanted.name, approved=pairs, method=wanted.method))


def _overridden(decision: Decision, override: str | None, display: Display) -> str | None:
    """Return why advice is not followed, or None where it is.

    Raises:
        CheckFailed: Advice is against training, and nobody gave a reason.
        ConfigError: The reason says nothing.
    """
    from hybrid.errors import ConfigError

    if override is not None and not override.strip():
        raise ConfigError("--override needs a reason, which is kept with the adapter; write one")
    if not decision.refused:
        if decision.verdict != "adapter":
            display.note(f"advice is {decision.verdict}, without refusing: {decision.because.text}")
        return None
    if override is None:
        decision.require_allowed()
    display.note(f"advice is {decision.verdict}, and not followed: {override}")
    return override


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
