"""The shared corpora: they belong to others and are no part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.rows import Skipped

REPOSITORY = Path(__file__).parents[1]


def shared(name: str) -> Path:
    """Return a corpus's folder, from ``HYBRID_DATA`` or ``../shared/data`` beside the repository.

    Raises:
        Skipped: It is not there.
    """
    root = Path(os.environ.get("HYBRID_DATA") or REPOSITORY.parent / "shared" / "data")
    if not (root / name).is_dir():
        raise Skipped(f"{root / name} is absent; set HYBRID_DATA to the folder that holds {name}")
    return root / name
