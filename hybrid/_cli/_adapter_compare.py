"""``hybrid adapter compare``: what an experiment has shown so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hybrid.experiments.comparison import Comparison

app = command_app()


@app.command()
def compare(
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page with plots.")
    ] = None,
    config: _options.Config = None,
    json: _options.Json = False,
) -> None:
    """Compare the variants of the configured experiment: statuses, ratings, wishes for a human, time.

    The intervals hold on all days together, so look as often as you like and stop when there is a decision. A person
    counts once, when the time after the first answer that the settings name is over.
    """
    import time

    from hybrid._cli._display import Display
    from hybrid._cli._opening import settings_of
    from hybrid._cli._written import check_writable, write_file
    from hybrid.errors import ConfigError
    from hybrid.experiments import comparison
    from hybrid.experiments.answers import load_answers
    from hybrid.experiments.report import render_html, report_fields

    check_writable(html)
    settings = settings_of(config)
    experiment = settings.answer.experiment
    if experiment is None:
        raise ConfigError("no experiment is configured; write [answer.experiment] into hybrid.toml")
    answers = load_answers(settings.server.data, experiment.name)
    found = comparison.compare(answers, experiment, now=time.time())
    if html is not None:
        write_file(html, render_html(found))
    Display(json=json).result(_view(found), report_fields(found))


def _view(found: Comparison) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from hybrid._cli._adapters import table_of
    from hybrid._cli._display import plain
    from hybrid.experiments.comparison import OUTCOMES
    from hybrid.experiments.report import NAMES, differences_rows, mean_of, verdict_of

    arms = [
        (arm.label, f"{arm.people:,}", f"{arm.answers:,}", *(mean_of(name, arm.means.get(name)) for name in OUTCOMES))
        for arm in found.arms
    ]
    waiting = f"{found.waiting:,} people whose time is not over are not counted yet" if found.waiting else ""
    return Group(
        Text(plain(verdict_of(found)), "bold"),
        table_of(("variant", "people", "answers", *(NAMES[name] for name in OUTCOMES)), arms),
        table_of(("variant", "outcome", f"difference from {found.experiment.control}", ""), [*differences_rows(found)]),
        Text(waiting),
    )
