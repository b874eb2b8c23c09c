"""What a check of rows found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybrid._cli._display import plain

_SHOWN = 8


def check_view(report: Mapping[str, Any]) -> RenderableType:
    """Return counts, what has to be mended and why, and what was measured."""
    counts = report["counts"]
    head = Text.assemble(
        (plain(f"{counts['rows']:,} rows, {counts['approved']:,} approved: "), "bold"),
        (report["verdict"], "bold green" if report["good"] else "bold red"),
    )
    parts: list[RenderableType] = [head, Text(), _measured(report)]
    for part in _defects(report):
        parts.extend((Text(), part))
    return Group(*parts)


def _measured(report: Mapping[str, Any]) -> Table:
    table = _table()
    for name, found in report["counts"]["by"].items():
        shown = list(found.items())
        more = f", and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
        table.add_row(name, plain(", ".join(f"{each} {number:,}" for each, number in shown[:_SHOWN]) + more))
    for purpose, said in report["purposes"].items():
        table.add_row(f"for {purpose}", said)
    for name, value in _further(report):
        table.add_row(name, plain(value))
    table.add_row("took", f"{report['seconds']:.1f} s")
    return table


def _further(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    lengths = report["lengths"]
    if lengths["questions"]:
        longest = max(lengths["questions"]), max(lengths["replies"])
        yield "longest", f"question {longest[0]:,} tokens, reply {longest[1]:,} tokens (characters / 4)"
    if lengths["unusual"]:
        yield "unusually long", _named(lengths["unusual"])
    if report["compared"]:
        yield "kept apart from", f"{report['compared']:,} golden questions and held-out rows"
    if live := report["coverage"]:
        yield "what people ask", f"{live['covered']:,} of {live['asked']:,} questions have a row like them"
        if live["missing"]:
            yield "no row like", _named(live["missing"])
    if (known := report["already_right"]) is not None:
        yield "right without them", f"{len(known):,} rows" + (f": {_named(known)}" if known else "")


def _named(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _defects(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    from hybrid import _plugins

    meanings: Mapping[str, str] = _plugins.load("hybrid_adapters.datasets.findings:MEANINGS")
    for kind, count in report["by_kind"].items():
        found = [each for each in report["findings"] if each["kind"] == kind]
        if not found:
            continue
        table = _table()
        for each in found[:_SHOWN]:
            place = f" ({each['place']})" if each["place"] else ""
            table.add_row(plain(each["id"]), plain(each["reason"] + place))
        if count > _SHOWN:
            table.add_row("...", f"{count - _SHOWN:,} more; --json names all, --html shows them")
        yield Group(Text.assemble((f"{kind}  {count:,}", "bold red"), (f"  {meanings[kind]}", "dim")), table)


def _table() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    return table
