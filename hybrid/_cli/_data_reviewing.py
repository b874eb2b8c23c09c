"""The terminal of a review: shows a row, takes a letter, says what became of it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hybrid._cli._display import Display, plain
from hybrid._cli._typed import typed_lines
from hybrid.errors import HybridError, RowsError

_KEYS = "a approve   e edit   r reject   s skip   u undo   q quit"
_WORTH_MENDING = 0.1


class Desk:
    """Goes through the rows of a review until none is left or the reviewer leaves.

    Args:
        review: A ``hybrid_adapters.datasets.reviewing.Review``.
    """

    def __init__(self, review: Any) -> None:
        self._review = review
        self._skipped: frozenset[str] = frozenset()
        self._display = Display()
        self._actions: dict[str, Callable[[Any], str]] = {
            "a": self._approve,
            "e": self._edit,
            "r": self._reject,
            "s": self._skip,
            "u": self._undo,
        }

    def run(self) -> None:
        """Show row after row, and do what is typed."""
        typed = typed_lines()
        sampling = self._review.progress().sampled > 0
        while (record := self._review.next(self._skipped)) is not None:
            progress = self._review.progress()
            if sampling and not progress.sampled:
                sampling = False
                self._say(_sample_view(progress.of_sample))
            self._say(_row_view(record, progress))
            if not self._took(record, typed):
                break
        self._say(_end_view(self._review.progress(), len(self._skipped)))

    def _took(self, record: Any, typed: Iterator[str]) -> bool:
        """Do what is typed until the row is decided about; False where the reviewer leaves."""
        for line in typed:
            letter = line.strip().lower()[:1]
            if letter == "q":
                return False
            if letter not in self._actions:
                self._say(Text(_KEYS, "dim"))
                continue
            try:
                self._say(Text(plain(self._actions[letter](record))))
                return True
            except HybridError as error:
                self._say(Text(plain(str(error)), "red"))
        return False

    def _approve(self, record: Any) -> str:
        now = self._review.approve(record)
        return f"{now.id}: approved" if now.approved else f"{now.id}: approved by {now.row.reviewer}; one more has to"

    def _reject(self, record: Any) -> str:
        return f"{self._review.reject(record).id}: rejected"

    def _skip(self, record: Any) -> str:
        self._skipped |= {record.id}
        return f"{record.id}: skipped"

    def _undo(self, record: Any) -> str:
        return f"{self._review.undo().id}: as it was"

    def _edit(self, record: Any) -> str:
        fields = edited(record.fields())
        if fields == record.fields():
            return f"{record.id}: nothing was changed"
        self._review.edit(record, fields)
        return f"{record.id}: changed; decide about it now"

    def _say(self, view: RenderableType) -> None:
        self._display.result(view, None)


def edited(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what a person makes of a row's fields in ``$VISUAL``, ``$EDITOR`` or vi.

    Raises:
        RowsError: The editor fails, or what it left is no JSON object; that text is kept in a file which is named.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    descriptor, name = tempfile.mkstemp(prefix="row-", suffix=".json")
    scratch = Path(name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(fields, ensure_ascii=False, indent=2) + "\n")
    try:
        subprocess.run([*shlex.split(editor), name], check=True)
        found = _object(scratch.read_text("utf-8"))
    except (OSError, subprocess.CalledProcessError) as error:
        raise RowsError(f"editor {editor!r} failed ({error}); set EDITOR; your text is kept in {name}") from None
    except ValueError as error:
        raise RowsError(f"what you wrote is no JSON object ({error}); your text is kept in {name}") from None
    scratch.unlink()
    return found


def _object(text: str) -> dict[str, Any]:
    found: Any = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a row is an object")
    return cast("dict[str, Any]", found)


def _row_view(record: Any, progress: Any) -> RenderableType:
    fields: dict[str, Any] = record.fields()
    left = f"{progress.waiting:,} to decide about" + (f", {progress.sampled} of the first" if progress.sampled else "")
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        if name not in ("id", "decision") and value not in (None, [], ""):
            table.add_row(name, Text(plain(_written(value))))
    return Group(Rule(Text(plain(f"{record.id}  ({left})")), align="left", style="dim"), table, Text(_KEYS, "dim"))


def _written(value: Any) -> str:
    match value:
        case str():
            return value
        case {"document": str(document), "quote": str(quote)}:
            return f"[{document}] {quote}"
        case dict():
            fields = cast("dict[str, Any]", value).items()
            return "\n".join(f"{name}: {_written(inner)}" for name, inner in fields if inner not in (None, []))
        case list():
            return "\n".join(_written(inner) for inner in cast("list[Any]", value))
        case _:
            return json.dumps(value, ensure_ascii=False)


def _sample_view(of_sample: Any) -> RenderableType:
    read = sum(of_sample[name] for name in ("approved", "rejected"))
    wrong = of_sample["edited"] + of_sample["rejected"]
    said = f"the rows drawn at random are read: {wrong} of {read} were edited or rejected"
    if wrong > _WORTH_MENDING * max(1, read):
        return Text(f"{said}; more than one in ten: mend how rows are written before you go on", "bold yellow")
    return Text(said, "bold")


def _end_view(progress: Any, skipped: int) -> RenderableType:
    more = f", {skipped} skipped" if skipped else ""
    return Text(
        f"{progress.approved:,} approved, {progress.rejected:,} rejected, {progress.waiting:,} to decide about{more}",
        "bold",
    )
