"""The generations of an index folder: opened, built beside one another, switched, discarded."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hybrid.protocols import Embedder, Index
from hybrid_indexes._bm25 import Bm25Encoder
from hybrid_indexes._workspace import Generation, Workspace
from hybrid_indexes.engine import Engine
from hybrid_indexes.journal.journal import Journal
from hybrid_indexes.retrieval import Retriever
from hybrid_indexes.sync._write import settle_pending

_BUILD = "fingerprint"
_QUERY = "query_fingerprint"
_DIMENSION = "dimension"


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What an index depends on besides its documents."""

    build: str
    """Chunking, embedding and term weights: where this differs, the index must be built again."""

    query: str
    """Embedding and term weights: what a question must share with the index; another chunker only cuts otherwise."""

    dimension: int
    """Length of the embeddings."""

    @staticmethod
    def of(*, chunker: str, embedder: Embedder) -> Fingerprint:
        """Return the fingerprint of an index that this chunker and embedder would build."""
        query = "\n".join((embedder.fingerprint, Bm25Encoder().fingerprint))
        return Fingerprint(build=f"{chunker}\n{query}", query=query, dimension=embedder.dimension)


@dataclass(frozen=True, kw_only=True)
class OpenGeneration:
    """A generation with everything of it open."""

    generation: Generation
    journal: Journal
    index: Index
    retriever: Retriever

    @property
    def build(self) -> str | None:
        """The build fingerprint; None as long as nothing was written."""
        return self.journal.reader.meta(_BUILD)

    @property
    def query(self) -> str | None:
        """The query fingerprint; None as long as nothing was written."""
        return self.journal.reader.meta(_QUERY)

    def mark(self, fingerprint: Fingerprint) -> None:
        """Remember what the index is about to be filled with."""
        with self.journal.write() as journal:
            journal.put_meta(_BUILD, fingerprint.build)
            journal.put_meta(_QUERY, fingerprint.query)
            journal.put_meta(_DIMENSION, str(fingerprint.dimension))

    def close(self) -> None:
        """Close index and journal."""
        try:
            self.index.close()
        finally:
            self.journal.close()


class Generations:
    """The generations in one folder, which this process alone holds.

    Args:
        path: Folder of the index; made when absent.
        engine: Keeps the points.
        embedder: Embeds questions.
    """

    def __init__(self, path: Path, *, engine: Engine, embedder: Embedder) -> None:
        self._engine = engine
        self._embedder = embedder
        self._workspace = Workspace(path)

    def open_live(self) -> OpenGeneration:
        """Return the live generation; what a killed process left of older ones is removed."""
        for generation in self._workspace.older():
            self.discard(generation)
        return self._open(self._workspace.live())

    def open_successor(self, fingerprint: Fingerprint) -> OpenGeneration:
        """Return the generation that a rebuild fills; what an interrupted one has done already is kept."""
        successor = self._open(self._workspace.next())
        if successor.build not in (None, fingerprint.build):
            successor.close()
            self.discard(successor.generation)
            successor = self._open(successor.generation)
        return successor

    def switch(self, successor: OpenGeneration) -> None:
        """Make another generation the live one."""
        self._workspace.switch(successor.generation)

    def discard(self, generation: Generation) -> None:
        """Remove a generation that nobody has open."""
        # The folder goes last: as long as it is there, the next start knows that the engine may hold something.
        self._engine.discard(generation)
        self._workspace.discard(generation)

    def discard_begun(self) -> None:
        """Remove a successor that was begun for settings that are no longer wanted."""
        begun = self._workspace.next()
        if begun.path.exists():
            self.discard(begun)

    def release(self) -> None:
        """Let other processes in."""
        self._workspace.release()

    def _open(self, generation: Generation) -> OpenGeneration:
        generation.path.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            journal = Journal(generation.journal)
            opened.callback(journal.close)
            index = self._open_index(generation, journal)
            opened.callback(index.close)
            settle_pending(journal, index)
            opened.pop_all()
        retriever = Retriever(journal=journal, index=index, embedder=self._embedder)
        return OpenGeneration(generation=generation, journal=journal, index=index, retriever=retriever)

    def _open_index(self, generation: Generation, journal: Journal) -> Index:
        """Return the engine's index with the dimension it was filled with, which need not be today's embedder's."""
        dimension = journal.reader.meta(_DIMENSION)
        if dimension is None:
            # Nothing was ever written; what lies there may have been made for another embedder.
            self._engine.discard(generation)
        return self._engine.open(generation, int(dimension or self._embedder.dimension))
