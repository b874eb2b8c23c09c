"""A sync's report for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from hybrid._cli._display import plain
from hybrid.errors import CheckFailed
from hybrid.sync import KINDS, Outcome, SyncReport

_STYLES = {"failed": "bold red", "removed": "yellow", "added": "green"}
_KIND_WIDTH = max(len(kind) for kind in KINDS)


def sync_view(report: SyncReport) -> RenderableType:
    """Return the counts by kind, and a line for each failure; of a plan, a line for each document it would touch."""
    listed = report.outcomes if report.dry_run else report.failures
    lines = [_line(outcome) for outcome in listed]
    head = (Text(_headline(report), "bold"), *_counts(report), *_access_unknown(report))
    return Group(*head, *([Text()] if lines else []), *lines)


def require_no_failure(report: SyncReport) -> None:
    """Return if every document could be read.

    Raises:
        CheckFailed: Some could not; the message says how many.
    """
    if count := len(report.failures):
        what = "1 document or source" if count == 1 else f"{count:,} documents or sources"
        raise CheckFailed(f"{what} could not be read; mend what is named above, they are tried again by the next sync")


def _headline(report: SyncReport) -> str:
    documents = sum(report.counts.values())
    if report.dry_run:
        return f"{_counted(documents, 'document')}; nothing was written"
    written = f"{_counted(report.chunks, 'chunk')} written, {report.embedded:,} of them embedded"
    rebuilt = ", index rebuilt" if report.rebuilt else ""
    return f"{_counted(documents, 'document')} in {report.seconds:.1f} s: {written}{rebuilt}"


def _counts(report: SyncReport) -> Iterator[Text]:
    for kind in KINDS:
        if count := report.counts.get(kind, 0):
            yield Text.assemble("  ", (f"{kind:<{_KIND_WIDTH}}", _STYLES.get(kind, "")), f"  {count:>8,}")


def _access_unknown(report: SyncReport) -> Iterator[Text]:
    """Say what a source that could not be listed means for the readers of its documents."""
    if report.unrefreshed:
        documents = _counted(report.unrefreshed, "document")
        yield Text(f"  access of {documents} could not be refreshed: the last known readers keep it", "bold red")
    if report.closed:
        documents = _counted(report.closed, "document")
        closed = "would be closed" if report.dry_run else "closed"
        yield Text(f"  {documents} {closed}: the settings changed and the source cannot be listed", "bold red")


def _line(outcome: Outcome) -> Text:
    detail = f"  {plain(outcome.detail)}" if outcome.detail else ""
    if outcome.kind == "renamed":
        detail = f"  was {plain(outcome.detail)}"
    line = Text.assemble((f"{outcome.kind:<{_KIND_WIDTH}}", _STYLES.get(outcome.kind, "")), "  ")
    return line.append(plain(outcome.document_id)).append(detail, "dim" if outcome.kind != "failed" else "")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
