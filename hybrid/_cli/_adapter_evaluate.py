"""``hybrid adapter evaluate``: what a version is worth next to the simpler way."""

from __future__ import annotations

from collections.abc import Iterator
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
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Write a blind rating sheet, CSV or .html."),
    ] = None,
    remote: Annotated[
        str | None,
        typer.Option("--remote", metavar="MODEL", help="Ask a remote model too; rows are sent to it. provider/model."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option("--judge", metavar="MODEL", help="Let remote:NAME or local:FOLDER compare the replies, too."),
    ] = None,
    run_code: Annotated[
        Path | None,
        typer.Option("--run-code", metavar="TESTS", help="Run code in replies, in a sandbox, with tests by row id."),
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
    options = _plugins.load(f"{room}.options:Options")(
        contract=contract or configured_answer(config).contract,
        base=base,
        instructions=tuple(_text(each) for each in prompt or ()),
        general=_text(general) if general else None,
        limits=Limits(margin=margin),
        sheet=sheet,
        remote=remote,
        judge=_judge(judge),
        code_tests=_plugins.load(f"{room}.code_tests:read_tests")(run_code) if run_code else {},
    )
    for sent in (remote, judge if judge and judge.startswith("remote:") else None):
        if sent is not None:
            display.note(f"the held-out rows of {rows}, evidence included, are sent to {sent}")
    with display.steps() as steps:
        found = _plugins.load(f"{room}.evaluate:evaluate")(folder, name, rows, options, progress=steps)
    file = _plugins.load(f"{room}.report:save_evaluation")(folder.folder, found)
    if html is not None:
        write_file(html, _plugins.load(f"{room}.page:render_html")(found))
    display.note(f"the report is {file}")
    display.result(evaluation_view(found), found)


def _judge(name: str | None) -> Any:
    """Return the model that judges; None where none is named.

    Raises:
        ConfigError: It is of no known kind, or its key is not there.
    """
    if name is None:
        return None
    from hybrid import _plugins
    from hybrid.config import AnswerSettings, Settings

    if name.startswith("remote:"):
        _plugins.load("hybrid.models.remote:require_key")(name.removeprefix("remote:"))
    return _plugins.model(Settings(answer=AnswerSettings(model=name)))


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
    parts += [Text(plain(line)) for line in _judged(found)]
    return Group(*parts, _verdict(found))


def _judged(found: Any) -> Iterator[str]:
    """Yield what a judge thinks, and how far people agree with it."""
    if found.judge is None:
        return
    for rival, each in found.judge.preferences.items():
        kappa = found.agreement.get(f"kappa_judge_{rival}")
        if kappa is None:
            trust = "no person has rated the same replies, so nobody knows what this is worth: --sheet, then rate"
        else:
            trust = (
                f"agreement with people (kappa) {kappa:.2f}{'' if kappa >= _TRUSTED else ', too little to be trusted'}"
            )
        yield (
            f"{found.judge.model} prefers the adapter to {rival} {each.wins} times, the other {each.losses}, neither "
            f"{each.ties}; the order alone decided {each.flipped:.0%}; {trust}"
        )


def _verdict(found: Any) -> RenderableType:
    from rich.text import Text

    from hybrid._cli._display import plain

    if found.gate.passed:
        gains = ", ".join(f"{gain[0]:+.3f} over {rival}" for rival, gain in found.gate.gains.items())
        return Text.assemble(("the gate lets it through", "bold green"), f": {gains}")
    return Text.assemble(("the gate does not let it through", "bold red"), f": {plain('; '.join(found.gate.reasons))}")


_TRUSTED = 0.6
"""Kappa from which a judge is taken to mean what people mean (Landis and Koch 1977: substantial)."""

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
    "code_passes",
    "voice",
    "perplexity",
    "general_perplexity",
    "seconds",
    "reply_tokens",
    "cost",
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
