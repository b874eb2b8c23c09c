"""An index of this project without a model: given vectors, every part else as it runs in production."""

from __future__ import annotations

from pathlib import Path

from benchmarks.synthetic import DIMENSION, RandomEmbedder
from hybrid.protocols import Connector
from hybrid.sync import SyncReport
from hybrid.testing.memory import ParagraphChunker
from hybrid.types import Principal, SearchResult
from hybrid_indexes._stages import EmbeddedQuestion
from hybrid_indexes.edge import EdgeIndex
from hybrid_indexes.journal.journal import Journal
from hybrid_indexes.retrieval import Retriever
from hybrid_indexes.sync._run import SyncRun

LIMIT = 10
"""Passages of a search."""


class OwnIndex:
    """Journal, embedded engine and retriever in a folder."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self._embedder = RandomEmbedder()
        self._journal = Journal(path / "journal.sqlite")
        self._index = EdgeIndex(path / "engine", dimension=DIMENSION)
        self._retriever = Retriever(journal=self._journal, index=self._index, embedder=self._embedder)

    def sync(self, connector: Connector) -> SyncReport:
        """Bring the index up to date with a source."""
        run = SyncRun(journal=self._journal, index=self._index, chunker=ParagraphChunker(), embedder=self._embedder)
        return run.apply([connector])

    def optimize(self) -> bool:
        """Reorganise the engine's shard, as every sync does at its end; return whether it was worth it."""
        return self._index.optimize()

    def embedded(self, question: str, *, late: bool) -> EmbeddedQuestion:
        """Return a question's vector and, with late interaction, its token vectors."""
        vector, tokens = self._embedder.embed_query_late(question)
        return EmbeddedQuestion(vector=vector.tolist(), tokens=tokens if late else None)

    def search(self, question: str, asked: EmbeddedQuestion, principal: Principal) -> SearchResult:
        """Return what a search of ``Pipeline`` returns for a question that is embedded already."""
        return self._retriever.search_embedded(question, asked, principal=principal, limit=LIMIT)

    def close(self) -> None:
        self._index.close()
        self._journal.close()
