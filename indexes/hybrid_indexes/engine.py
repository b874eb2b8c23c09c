"""Where the points of an index are kept, generation by generation."""

from __future__ import annotations

import shutil
from typing import Protocol

from hybrid.protocols import Index
from hybrid_indexes._workspace import Generation
from hybrid_indexes.edge import EdgeIndex


class Engine(Protocol):
    """Opens and discards the indexes that belong to the generations of one folder."""

    def open(self, generation: Generation, dimension: int) -> Index:
        """Return the index of a generation for embeddings of a dimension; made when absent.

        Raises:
            IndexStateError: It cannot be opened, or holds embeddings of another dimension.
        """
        ...

    def discard(self, generation: Generation) -> None:
        """Delete the index of a generation, which nobody has open; nothing happens when there is none."""
        ...


class EdgeEngine:
    """Keeps each generation in an embedded shard inside its folder."""

    def open(self, generation: Generation, dimension: int) -> EdgeIndex:
        """Return the embedded index of a generation."""
        return EdgeIndex(generation.engine, dimension=dimension)

    def discard(self, generation: Generation) -> None:
        """Delete the embedded index of a generation."""
        shutil.rmtree(generation.engine, ignore_errors=True)
