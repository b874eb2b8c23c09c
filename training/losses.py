"""The losses of a run as a plot."""

from __future__ import annotations

import csv
from pathlib import Path

from hybrid_adapters.training._curve import Point, plot


def draw(losses: Path, picture: Path) -> None:
    """Draw a run's file of losses.

    Args:
        losses: What the loop wrote.
        picture: SVG file to write.
    """
    with losses.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    picture.write_text(plot([Point(step=int(row[0]), loss=float(row[1])) for row in rows]), "utf-8")
