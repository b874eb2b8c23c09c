"""The losses of a run: in a file, and on the terminal."""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from training.batches import Row

LOSSES = "losses.csv"
COLUMNS = ("step", "replies", "same words", "shares", "right lines", "ids", "looking", "prose", "tokens a second")
_EVERY = 20


class Meter:
    """Means over some steps."""

    def __init__(self, folder: Path) -> None:
        """Go on with a folder's file of losses."""
        self._file = folder / LOSSES
        self._clear()

    def read(self, step: int, rows: Sequence[Row], losses: Sequence[torch.Tensor]) -> None:
        """Take a step's losses: a reply's or a text's first, then those of layers half way up."""
        self._tokens += sum(len(row.tokens) for row in rows)
        (self._tasks if rows[0].read else self._prose).append([loss.item() for loss in losses])
        if step % _EVERY == 0:
            self._write(step)
            self._clear()

    def _clear(self) -> None:
        self._started, self._tokens = time.monotonic(), 0
        self._tasks: list[list[float]] = []
        self._prose: list[list[float]] = []

    def _write(self, step: int) -> None:
        tasks = [sum(held) / len(held) for held in zip(*self._tasks, strict=True)]
        prose = sum(held[0] for held in self._prose) / len(self._prose) if self._prose else float("nan")
        speed = self._tokens / (time.monotonic() - self._started)
        row = [str(step), *(f"{loss:.4f}" for loss in (*tasks, prose)), f"{speed:.0f}"]
        with self._file.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)
        print("  ".join(f"{name} {value}" for name, value in zip(COLUMNS, row, strict=True)), flush=True)
