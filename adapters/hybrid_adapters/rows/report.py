"""What a build did, as JSON values for programs and for the summary."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from hybrid_adapters.rows.build import Built


def report_fields(built: Built, out: Path) -> dict[str, Any]:
    """Return what a build did.

    Args:
        built: The dataset.
        out: Where its rows lie.
    """
    return {
        "file": str(out),
        "version": built.card.version,
        "rows": built.card.rows,
        "counts": built.card.counts,
        "left_out": [asdict(each) for each in built.left_out],
        "faulty": built.faulty,
        "refused_by_support": list(built.refused_by_support),
        "distilled": built.card.distilled,
        "prompt": asdict(built.cost),
        "notes": list(built.notes),
    }
