"""What a build of training rows did, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybrid._cli._display import plain
from hybrid.errors import CheckFailed

_SHOWN = 12
_STYLES = {"faulty": "bold red", "not found": "yellow", "asked back": "yellow", "unapproved": "dim"}
_MEANING = {
    "faulty": "to be mended",
    "not found": "retrieval does not bring their evidence",
    "asked back": "serving asks back before it asks a model",
    "unapproved": "nobody approved them",
}


def built_view(report: Mapping[str, Any]) -> RenderableType:
    """Return counts, what was left out and why, and what a prompt costs."""
    head = Text.assemble(
        (f"{report['rows']:,} rows in {report['file']}", "bold"), f"\nversion {report['version'][:12]}"
    )
    parts: list[RenderableType] = [head, Text(), _counts(report["counts"])]
    for part in (*_left_out(report["left_out"]), *_remarks(report), _cost(report)):
        parts.extend((Text(), part))
    return Group(*parts)


def require_no_fault(report: Mapping[str, Any]) -> None:
    """Return if no example has to be mended.

    Raises:
        CheckFailed: Some have; the message says how many.
    """
    if count := report["faulty"]:
        what = "1 example has" if count == 1 else f"{count:,} examples have"
        raise CheckFailed(f"{what} to be mended, see above; the rows of the others were written")


def _counts(counts: Mapping[str, Mapping[str, int]]) -> Table:
    table = _table()
    for name, found in counts.items():
        table.add_row(Text(name, "dim"), Text(plain(", ".join(f"{each} {number:,}" for each, number in found.items()))))
    return table


def _left_out(left_out: list[dict[str, str]]) -> Iterator[RenderableType]:
    for why, style in _STYLES.items():
        found = [each for each in left_out if each["why"] == why]
        if not found:
            continue
        table = _table()
        for each in found[:_SHOWN]:
            table.add_row(Text(plain(each["example"])), Text(plain(f"{each['reason']} ({each['place']})"), "dim"))
        if len(found) > _SHOWN:
            table.add_row(Text("..."), Text(f"{len(found) - _SHOWN:,} more; --json names all", "dim"))
        yield Group(Text.assemble((f"{why}  {len(found):,}", style), (f"  {_MEANING[why]}", "dim")), table)


def _remarks(report: Mapping[str, Any]) -> Iterator[Text]:
    if refused := report["refused_by_support"]:
        named = ", ".join(refused[:_SHOWN]) + (", ..." if len(refused) > _SHOWN else "")
        yield Text(
            f"{len(refused):,} answered rows have so little support that serving refuses before it asks the model: "
            + plain(named)
        )
    for note in report["notes"]:
        yield Text(plain(note), "yellow")


def _cost(report: Mapping[str, Any]) -> Text:
    prompt = report["prompt"]
    full, distilled = prompt["tokens_full"], prompt["tokens_distilled"]
    line = f"{distilled if report['distilled'] else full:,.0f} tokens of prompt for each answer, {prompt['counted']}"
    saved = f"{full - distilled:,.0f} of {full:,.0f} tokens"
    line += f"; the rules that the weights learn save {saved}" if report["distilled"] else ""
    if prompt["seconds_full"] is not None:
        before, after = prompt["seconds_full"], prompt["seconds_distilled"]
        line += f" and {before - after:.3f} of {before:.3f} s of reading (median of 5, nothing kept between answers)"
    return Text(line, "dim")


def _table() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
