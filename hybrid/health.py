"""What an operator wants to know about an index: how much it holds, what failed, whether engine and journal agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hybrid.sync import Outcome


@dataclass(frozen=True, kw_only=True)
class IndexHealth:
    """Counts of an index. They cover all documents, so they are for operators, never for a principal's eyes."""

    documents: Mapping[str, int]
    """Number of live documents by source."""

    chunks: int
    """Number of live chunks by the journal."""

    failures: tuple[Outcome, ...]
    """Documents that could not be read at the last try."""

    missing: int
    """Chunks that the journal counts and the engine does not hold; the next sync writes them again."""

    surplus: int
    """Chunks that the engine holds and the journal does not count; no search shows them, the next sync drops them."""


@runtime_checkable
class Inspectable(Protocol):
    """Knowledge that can say how it is."""

    def health(self) -> IndexHealth:
        """Return the counts as they are now."""
        ...
