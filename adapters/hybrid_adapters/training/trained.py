"""What came of a recipe."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid_adapters.training._held_out import HeldOut


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a recipe."""

    label: str
    """Name and version in the registry, or the folder of a whole model."""

    rows: int
    """Number of training rows."""

    steps: int
    """Number of updates."""

    tokens: int
    """Tokens that were read, those before a resumption included."""

    parameters: int
    """Weights that were trained."""

    seconds: float
    """Of this process, measurements included."""

    peak_memory: int
    """Most bytes that this process ever held."""

    resumed_at: int
    """Update at which a killed run was taken up again; 0 for a whole one."""

    before: HeldOut | None
    """The base on held-out rows; None where nothing is held out."""

    after: HeldOut | None
    """The same rows after training."""


def peak_memory() -> int:
    """Return the most bytes that this process ever held."""
    # Kibibytes, but bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
