"""The report for a terminal: what was measured, what was lost, what leaked, and the verdict last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hybrid.evaluation.attribution import Miss
from hybrid.evaluation.baseline import Comparison
from hybrid.evaluation.check import RecallReport
from hybrid.evaluation.leaks import LeakMatrix
from hybrid.evaluation.metrics import CHECKED_K, HEADLINE
from hybrid.evaluation.questions import principal_name
from hybrid.evaluation.refusal import MAX_FALSE_REFUSALS, Refusal
from hybrid.evaluation.report.numbers import counted, milliseconds, percent, score, signed, span

_MISSES_SHOWN = 15
_NAMES_SHOWN = 8


def render_terminal(report: RecallReport, *, width: int = 100) -> str:
    """Return the report as plain text of at most ``width`` columns."""
    out = StringIO()
    Console(file=out, width=width, color_system=None, highlight=False).print(terminal_view(report))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def terminal_view(report: RecallReport) -> RenderableType:
    """Return the report for a rich console, which decides about width and colour."""
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in _parts(report)), _verdict(report))


def _parts(report: RecallReport) -> Iterator[RenderableType]:
    yield _headline(report)
    yield _metrics(report)
    if report.by_tag:
        yield _tags(report)
    if report.misses:
        yield _misses(report)
    yield _leaks(report.matrix)
    if report.refusal:
        yield _refusal(report.refusal)
    if report.comparison:
        yield _comparison(report.comparison)


def _headline(report: RecallReport) -> Text:
    unanswerable = len(report.outcomes) - report.answerable
    parts = [counted(len(report.outcomes), "question")]
    if unanswerable:
        parts.append(f"{unanswerable:,} of them unanswerable")
    if report.left_out:
        parts.append(f"{report.left_out:,} left out without judgement")
    parts.append(f"search {milliseconds(report.timings['search_p50'])} at the median")
    return Text.assemble((f"Recall check of {_plain(report.name)}", "bold"), f"\n{', '.join(parts)}")


def _metrics(report: RecallReport) -> Table:
    table = result_table(("metric", "left"), ("mean", "right"), ("95 % interval", "left"))
    for name, figure in report.metrics.items():
        table.add_row(name, score(figure.value), span(figure.interval), style="bold" if name == HEADLINE else "")
    if report.passages:
        for name, value in report.passages.at.items():
            table.add_row(f"passage {name}", score(value), counted(report.passages.targets, "golden place"))
    return table


def _tags(report: RecallReport) -> Table:
    table = result_table(("tag", "left"), ("questions", "right"), *((name, "right") for name in report.metrics))
    for tag, group in report.by_tag.items():
        table.add_row(_text(tag), f"{group.questions:,}", *(score(value) for value in group.metrics.values()))
    return table


def _misses(report: RecallReport) -> Group:
    documents, places = report.missed_documents, report.missed_places
    lines: list[RenderableType] = [
        _title(counted(len(documents), "document"), f"not among the first {CHECKED_K}", documents)
    ]
    if documents:
        lines.append(_miss_table(documents[:_MISSES_SHOWN]))
    if len(documents) > _MISSES_SHOWN:
        lines.append(Text(f"and {len(documents) - _MISSES_SHOWN:,} more; --html and --json list all", "dim"))
    if places:
        lines.append(_title(counted(len(places), "golden place"), "of a found document not whole in a passage", places))
    return Group(*lines)


def _title(what: str, how: str, misses: tuple[Miss, ...]) -> Text:
    stages = Counter(miss.stage for miss in misses).most_common()
    counts = ", ".join(f"{count} {stage}" for stage, count in stages)
    return Text.assemble((f"{what} {how}", "bold"), f": {counts}" if counts else "")


def _miss_table(misses: tuple[Miss, ...]) -> Table:
    stages = list(dict.fromkeys(stage for miss in misses for stage in miss.ranks))
    ranked = ((name, "right") for name in stages)
    table = result_table(("missed by", "left"), ("lost", "left"), *ranked, ("expected", "left"))
    for miss in misses:
        ranks = (str(miss.ranks.get(stage, "-")) for stage in stages)
        table.add_row(_text(miss.question.id), Text(miss.stage, "yellow"), *ranks, _text(miss.expected))
    return table


def _leaks(matrix: LeakMatrix) -> RenderableType:
    tried = f"{counted(matrix.cells, 'pair')} of question and principal ({len(matrix.rows)} principals)"
    if not matrix.leaks:
        return Text.assemble(("No leaks", "bold green"), f" in {tried}")
    table = result_table(("leak by", "left"), ("to", "left"), ("document", "left"), ("where", "left"))
    for leak in matrix.leaks[:_MISSES_SHOWN]:
        table.add_row(
            _text(leak.question.id), _text(principal_name(leak.principal)), _text(leak.document_id), leak.where
        )
    return Group(Text.assemble((counted(len(matrix.leaks), "leak"), "bold red"), f" in {tried}"), table)


def _refusal(refusal: Refusal) -> Group:
    table = result_table(("refusal", "left"), ("unanswerable refused", "right"), ("answerable refused", "right"))
    rows = [(f"below {refusal.threshold:.4f}", refusal.rates)]
    if refusal.cross_validated:
        rows.append((f"cross-validated, {refusal.folds} folds", refusal.cross_validated))
    rows.append(("as it is set now", refusal.observed))
    for name, rates in rows:
        table.add_row(name, percent(rates.true_refusals), percent(rates.false_refusals))
    if refusal.threshold == 0:
        title = Text(
            f"No support is low enough to refuse with at most {percent(MAX_FALSE_REFUSALS)} false refusals", "bold"
        )
    else:
        title = Text.assemble(
            (f"Refuse below a support of {refusal.threshold:.4f}", "bold"),
            f", the best with at most {percent(MAX_FALSE_REFUSALS)} false refusals",
        )
    return Group(title, table)


def _comparison(comparison: Comparison) -> Group:
    table = result_table(("against the baseline", "left"), ("before", "right"), ("now", "right"), ("change", "right"))
    for change in comparison.changes:
        moved = Text(signed(change.after - change.before), "red" if change.is_worse else "")
        table.add_row(change.name.replace("_", " "), score(change.before), score(change.after), moved)
    title = Text(f"Compared with {_plain(comparison.baseline)} on {counted(comparison.questions, 'shared question')}")
    lines: list[RenderableType] = [title, table]
    for label, names in (("newly missed", comparison.newly_missed), ("newly found", comparison.newly_found)):
        if names:
            lines.append(_text(f"  {label}: {_listed(names)}"))
    return Group(*lines)


def _verdict(report: RecallReport) -> Text:
    if report.passed:
        value = report.metrics[HEADLINE].value
        return Text.assemble(("PASSED", "bold green"), f"  {HEADLINE} {score(value)}, at least {report.min_recall:.4g}")
    lines = [_plain(reason) for reason in report.failures]
    return Text.assemble(("FAILED", "bold red"), "  ", "\n        ".join(lines))


def result_table(*columns: tuple[str, str]) -> Table:
    """Return an empty table with these columns, each with how it is justified."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    return table


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown} and {len(names) - _NAMES_SHOWN:,} more"


def _text(value: str) -> Text:
    return Text(_plain(value))


def _plain(value: str) -> str:
    """Return the value without control characters: what a file says must not steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in value)
