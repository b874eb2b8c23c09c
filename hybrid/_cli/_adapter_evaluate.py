"""``hybrid adapter evaluate``: what a version is worth next to the simpler way."""

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
def evaluate(
    name: _options.AdapterName,
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="Rows; those that were held out are asked.")],
    prompt: Annotated[
        list[Path] | None,
        typer.Option("--prompt", metavar="FILE", help="Instructions to try in the base's prompt; may be given again."),
    ] = None,
    general: Annotated[
        Path | None,
        typer.Option("--general", metavar="FILE", help="Text on which forgetting is measured; else a built-in one."),
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", metavar="FOLDER", help="The base, where its name does not find it.")
    ] = None,
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="MODULE:CLASS", help="Else the one that is configured.")
    ] = None,
    margin: _options.Margin = 0.02,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page with plots.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", metavar="FILE", help="Write a blind rating sheet (CSV) for people.")
    ] = None,
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Measure a version on held-out rows, and keep the report in the registry.

    Four arms are asked the same rows: the base bare, the base with the best prompt and examples that fit, the adapter,
    and the version in service where it is another one. Of a ranker, rows of `hybrid data choices` are scored without
    one, with it, and with the one that serves else. Nothing is put into service: hybrid adapter promote does that by
    the report. Run it again to go on where a killed run stopped.
    """
    from hybrid import _plugins
    from hybrid._cli._adapters import configured_answer, registry_folder
    from hybrid._cli._display import Display
    from hybrid._cli._written import check_writable, write_file
    from hybrid.evaluation.gate import Limits

    check_writable(html, sheet)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    room = "hybrid_adapters.evaluation"
    folder = _plugins.load("hybrid_adapters.registry:Registry")(registry_folder(registry, config))
    options = _plugins.load(f"{room}.evaluate:Options")(
        contract=contract or configured_answer(config).contract,
        base=base,
        instructions=tuple(_text(each) for each in prompt or ()),
        general=_text(general) if general else None,
        limits=Limits(margin=margin),
        sheet=sheet,
    )
    with display.steps() as steps:
        found = _plugins.load(f"{room}.evaluate:evaluate")(folder, name, rows, options, progress=steps)
    file = _plugins.load(f"{room}.report:save_evaluation")(folder.folder, found)
    if html is not None:
        write_file(html, _plugins.load(f"{room}.page:render_html")(found))
    display.note(f"the report is {file}")
    display.result(evaluation_view(found), found)


def evaluation_view(found: Any) -> RenderableType:
    """Return arms as columns, metrics as rows, and what the gate says."""
    from rich.console import Group
    from rich.text import Text

    from hybrid._cli._adapters import table_of
    from hybrid._cli._display import plain

    arms = list(found.arms)
    figures = [(metric, [_figure(getattr(found.arms[arm], metric)) for arm in arms]) for metric in _METRICS]
    lines = [[metric.replace("_", " "), *values] for metric, values in figures if any(values)]
    errors = [f"{name} {share:.0%}" for name, share in list(found.error_classes.items())[:5]]
    parts: list[RenderableType] = [
        Text(f"{plain(found.adapter)} on {found.rows} held-out rows of {plain(found.dataset.name)}", "bold"),
        table_of(["", *arms], lines),
        Text(f"most frequent errors: {', '.join(errors) or 'none'}"),
    ]
    parts += [Text(plain(f"{name} left out: {why}"), "dim") for name, why in found.skipped.items()]
    return Group(*parts, _verdict(found))


def _verdict(found: Any) -> RenderableType:
    from rich.text import Text

    from hybrid._cli._display import plain

    if found.gate.passed:
        gains = ", ".join(f"{gain[0]:+.3f} over {rival}" for rival, gain in found.gate.gains.items())
        return Text.assemble(("the gate lets it through", "bold green"), f": {gains}")
    return Text.assemble(("the gate does not let it through", "bold red"), f": {plain('; '.join(found.gate.reasons))}")


_METRICS = (
    "score",
    "format_valid",
    "exact_match",
    "refusal_accuracy",
    "evidence_f1",
    "mrr",
    "label_accuracy",
    "rouge_1",
    "rouge_2",
    "rouge_l",
    "bleu",
    "voice",
    "perplexity",
    "general_perplexity",
    "seconds",
    "reply_tokens",
)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if value < 10 else f"{value:,.0f}"


def _text(file: Path) -> str:
    from hybrid.errors import ConfigError

    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read ({error}); name a text file") from None
