"""An index from elsewhere in the place of the live one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hybrid.health import IndexHealth
from hybrid.protocols import Embedder
from hybrid_indexes._durable import sync_tree
from hybrid_indexes._workspace import Workspace
from hybrid_indexes.chunking.structure import StructureChunker
from hybrid_indexes.engine import Engine
from hybrid_indexes.knowledge import KnowledgeBase

_FOLDER = "restoring"
_GENERATION = "generation-1"


class Restoring:
    """Holds an index while another is put in its place; whoever is killed meanwhile leaves the old one live.

    Args:
        path: Folder of the index; made when absent.
        embedder: Embeds what the index is asked.
        engine: Keeps its points.

    Raises:
        IndexLockedError: A process holds the index.
        StorageError: The folder cannot be made or written.
    """

    def __init__(self, path: Path, *, embedder: Embedder, engine: Engine) -> None:
        self._workspace = Workspace(path)
        self._embedder = embedder
        self._engine = engine
        self._place = path / _FOLDER
        self._remove()
        self.folder = self._place / _GENERATION
        """Empty at first; where journal and engine are to be written."""
        self.folder.mkdir(parents=True)

    def check(self) -> IndexHealth:
        """Return the health of what was written; points that were on a server are missing in it.

        Raises:
            IndexVersionError: Another version of hybrid made it.
            IndexDamagedError: It cannot be read.
        """
        knowledge = KnowledgeBase(self._place, embedder=self._embedder, chunker=StructureChunker())
        try:
            return knowledge.health()
        finally:
            knowledge.close()

    def switch(self) -> None:
        """Make what was written the live index, in one step; the old one goes when the index is opened again."""
        sync_tree(self.folder)
        successor = self._workspace.next()
        self._engine.discard(successor)
        self._workspace.discard(successor)
        os.replace(self.folder, successor.path)
        self._workspace.switch(successor)

    def close(self) -> None:
        """Remove what was not made live, and let other processes in."""
        self._remove()
        self._workspace.release()

    def _remove(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
