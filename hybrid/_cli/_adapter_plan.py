"""``hybrid adapter plan``: what a recipe takes, and after how many questions it has paid for itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from rich.console import RenderableType

app = command_app()

_COLUMNS = ("method", "time", "memory", "cost", "trained weights", "kept", "")


@app.command()
def plan(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="The TOML file that says what to train on what.")],
    machine_price: Annotated[float, typer.Option(min=0, metavar="PRICE", help="Of an hour of this machine.")] = 0.0,
    data_price: Annotated[float, typer.Option(min=0, metavar="PRICE", help="Of the work on the rows.")] = 0.0,
    price_read: Annotated[float, typer.Option(min=0, metavar="PRICE", help="Remote model: 1,000 tokens read.")] = 0.0,
    price_written: Annotated[float, typer.Option(min=0, metavar="PRICE", help="Remote: 1,000 tokens written.")] = 0.0,
    saved_tokens: Annotated[
        int, typer.Option(min=0, metavar="TOKENS", help="Instructions and examples each prompt needs otherwise.")
    ] = 0,
    per_week: Annotated[float, typer.Option(min=0, metavar="QUESTIONS", help="Questions a week.")] = 0.0,
    json: _options.Json = False,
) -> None:
    """Estimate time, memory and cost of a recipe by method, and when it has paid for itself.

    A few steps are timed on this machine; other methods follow from their operations. Everything is a range, since the
    rest of the machine is not idle. Prices are in any currency; what is not given is left out.
    """
    from dataclasses import asdict

    from hybrid import _plugins
    from hybrid._cli._display import Display

    wanted = _plugins.load("hybrid_adapters.training:load_recipe")(recipe)
    prices = _plugins.load("hybrid_adapters.training.payback:Prices")(
        machine=machine_price, data=data_price, read=price_read, written=price_written
    )
    found = asdict(
        _plugins.load("hybrid_adapters.training.plan:plan")(
            wanted, prices=prices, saved_tokens=saved_tokens, per_week=per_week
        )
    )
    Display(json=json).result(_view(found), found)


def _view(found: dict[str, Any]) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from hybrid._cli._adapters import table_of
    from hybrid._cli._display import plain

    head = (
        f"{found['recipe']} on {found['base']} ({found['device']}): {found['rows']:,} rows, {found['held_out']:,} held "
        f"out, {found['tokens']:,} tokens in {found['steps']:,} updates"
    )
    rows = [
        (
            each["method"],
            _range(each["seconds"], 60, "min"),
            f"{each['memory'] / 2**30:.1f} GiB",
            _range(each["cost"], 1, "") if each["cost"]["high"] else "",
            f"{each['weights']:,}",
            f"{each['stored'] / 2**20:.1f} MiB",
            "timed" if each["measured"] else "derived",
        )
        for each in found["methods"]
    ]
    notes = [*map(_payback, found["paybacks"]), *found["advice"]]
    return Group(Text(plain(head), "bold"), table_of(_COLUMNS, rows), *(Text(plain(note)) for note in notes))


def _payback(found: dict[str, Any]) -> str:
    saved = _range(found["saved"], 1e-3, "for 1,000 questions")
    if found["questions"] is None:
        return f"against {found['against']}: saves {saved}, so it may never pay for itself"
    low, high = found["questions"]
    weeks = f" ({found['weeks'][0]:,.1f} to {found['weeks'][1]:,.1f} weeks)" if found["weeks"] else ""
    return f"against {found['against']}: saves {saved}; pays for itself after {low:,} to {high:,} questions{weeks}"


def _range(found: dict[str, float], unit: float, name: str) -> str:
    return f"{found['low'] / unit:,.2f} to {found['high'] / unit:,.2f} {name}".strip()
