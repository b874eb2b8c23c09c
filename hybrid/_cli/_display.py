"""Where a command writes: results on stdout, everything about the run on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

# Whoever reads a pipe wants whole lines: nothing is wrapped there.
_WIDTH_WITHOUT_TERMINAL = 10_000

Steps = Callable[[str, int, int | None], None]
"""Called with the name of a step, how much of it is done, and how much there is; None where that is not known yet."""


@dataclass(frozen=True, kw_only=True)
class Display:
    """The two streams of a command, and what may be written to them."""

    json: bool = False
    """Whether the result is one JSON document."""

    quiet: bool = False
    """Whether nothing but errors goes to stderr."""

    no_progress: bool = False
    """Whether progress is hidden even on a terminal."""

    def result(self, view: RenderableType, document: object) -> None:
        """Print a result: ``view`` for people, or ``document`` (a dataclass or JSON values) for programs."""
        if self.json:
            sys.stdout.write(to_json(document))
        elif self._out.is_terminal:
            self._out.print(view)
        else:
            with self._out.capture() as captured:
                self._out.print(view)
            sys.stdout.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())
        sys.stdout.flush()

    def text(self, piece: str) -> None:
        """Print a piece of a text that is still being made."""
        sys.stdout.write(plain(piece))
        sys.stdout.flush()

    def line(self, document: object) -> None:
        """Print one JSON document on a line of its own."""
        sys.stdout.write(to_json(document, indent=None))
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Say something about the run."""
        if not self.quiet:
            self._err.print(plain(text), style="dim", markup=False, soft_wrap=True)

    def aside(self, view: RenderableType) -> None:
        """Show something about the run that has a form of its own."""
        if not self.quiet:
            self._err.print(view, soft_wrap=True)

    @contextmanager
    def steps(self) -> Generator[Steps]:
        """Show bars while the block runs, on a terminal only; each step that is reported has its own."""
        if self.quiet or self.no_progress or not self._err.is_terminal:
            yield lambda step, done, total: None
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            _Count(),
            TimeRemainingColumn(compact=True),
        )
        with Progress(*columns, console=self._err, transient=True) as bars:
            yield _Bars(bars)

    @cached_property
    def _out(self) -> Console:
        return _console(sys.stdout)

    @cached_property
    def _err(self) -> Console:
        return _console(sys.stderr)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if step not in self._tasks:
            for finished in self._tasks.values():
                self._bars.update(finished, visible=False)
            self._tasks[step] = self._bars.add_task(step, total=total)
        self._bars.update(self._tasks[step], completed=done, total=total)


class _Count(ProgressColumn):
    """How much is done, and how much of it per second."""

    def render(self, task: Task) -> Text:
        """Return both, or nothing while the total is not known."""
        if task.total is None:
            return Text()
        # The mean since the step began: documents are written in batches, so that a momentary rate would jump.
        rate = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{task.completed:,.0f}/{task.total:,.0f}  {rate:,.1f}/s")


def plain(text: str) -> str:
    """Return the text without control characters: what a document says must not steer the terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def to_json(document: object, *, indent: int | None = 2) -> str:
    """Return a dataclass, or JSON values, as JSON text with a final newline; without an indent on one line."""
    values = asdict(document) if is_dataclass(document) and not isinstance(document, type) else document
    return json.dumps(values, indent=indent, default=_model_values) + "\n"


def _model_values(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _console(stream: Any) -> Console:
    width = None if stream.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False)
