"""A benchmark's figures as a table for people and as JSON for the next comparison."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine, versions
from benchmarks.rows import Outcome, Row

_WIDTH = 130


def show(name: str, outcome: Outcome, seconds: float) -> None:
    """Print the table."""
    table = Table(title=f"{name} ({seconds:.0f} s)", title_justify="left")
    table.add_column("row", overflow="fold")
    for column in ("figure", "n", "target"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("reached")
    for row in outcome.rows:
        table.add_row(row.name, _figure(row), f"{row.n:,}", str(row.target or ""), _verdict(row))
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(table)
    for about, text in outcome.setting.items():
        console.print(f"[bold]{about}[/bold]: {text}", highlight=False)


def write(name: str, outcome: Outcome, seconds: float, folder: Path, *, quick: bool) -> None:
    """Write ``NAME.json``."""
    fields = {
        "benchmark": name,
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "seconds": round(seconds, 1),
        "machine": describe_machine(),
        "versions": versions(),
        "setting": dict(outcome.setting),
        "rows": [_fields(row) for row in outcome.rows],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(fields, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _fields(row: Row) -> dict[str, object]:
    fields: dict[str, object] = {"row": row.name, "figure": _rounded(row.figure), "unit": row.unit, "n": row.n}
    if row.interval is not None:
        fields["interval"] = [_rounded(end) for end in row.interval]
    if row.target is not None:
        fields |= {"target": str(row.target), "reached": row.reached}
    return fields


def _figure(row: Row) -> str:
    between = f" [{row.interval[0]:.4g}, {row.interval[1]:.4g}]" if row.interval else ""
    return f"{row.figure:,.4g} {row.unit}{between}".replace("  ", " ").rstrip()


def _verdict(row: Row) -> str:
    return {None: "", True: "[green]yes[/green]", False: "[bold red]no[/bold red]"}[row.reached]


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")
