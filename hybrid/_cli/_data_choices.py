"""``hybrid data choices``: golden questions as rows that an evidence ranker is tuned and measured on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def choices(
    golden: Annotated[Path, typer.Argument(metavar="GOLDEN", help="Golden questions whose rows name lines or quotes.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The rows.")],
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="Rows that are not trained on, by document.")
    ] = 0.3,
    seed: Annotated[int, typer.Option("--seed", help="Decides which.")] = 0,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Write what serving would score for each golden question, and which of it answers.

    An evidence ranker is tuned on the rows for training, and measured on those held out. The rows hold text of
    documents: keep them where the documents may be kept.
    """
    from functools import partial

    from hybrid import _plugins
    from hybrid._cli._display import Display
    from hybrid._cli._opening import settings_of
    from hybrid._cli._written import check_writable
    from hybrid._files import replace_file

    check_writable(out)
    display = Display(json=json, quiet=quiet, no_progress=no_progress)
    with display.steps() as steps:
        steps("opening", 0, None)
        found = _plugins.load("hybrid_adapters.rows.choosing:choices_from_settings")(
            settings_of(config), golden, held_out=held_out, seed=seed, progress=partial(steps, "questions")
        )
    replace_file(out, _plugins.load("hybrid_adapters.ranker.choices:choices_text")(found.rows))
    report = _report(found, out)
    display.result(_view(report), report)


def _report(found: Any, out: Path) -> dict[str, Any]:
    away = sum(row.split == "held-out" for row in found.rows)
    return {
        "file": str(out),
        "rows": len(found.rows),
        "held_out": away,
        "unanswerable": sum(not row.answerable for row in found.rows),
        "not_found": list(found.not_found),
        "unplaced": list(found.unplaced),
    }


def _view(report: dict[str, Any]) -> Any:
    from rich.console import Group
    from rich.text import Text

    from hybrid._cli._display import plain

    lines = [
        Text(plain(f"{report['rows']:,} rows in {report['file']}, {report['held_out']:,} of them held out"), "bold"),
        Text(f"{report['unanswerable']:,} that nothing answers"),
    ]
    if report["not_found"]:
        lines.append(
            Text(plain(f"left out, retrieval does not bring the answer: {_some(report['not_found'])}"), "yellow")
        )
    if report["unplaced"]:
        lines.append(Text(plain(f"left out, no lines and no quote named: {_some(report['unplaced'])}"), "yellow"))
    return Group(*lines)


def _some(ids: list[str], shown: int = 8) -> str:
    more = f" and {len(ids) - shown:,} more" if len(ids) > shown else ""
    return f"{', '.join(ids[:shown])}{more}"
