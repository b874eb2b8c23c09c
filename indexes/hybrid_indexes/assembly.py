"""From settings to an open knowledge base."""

from __future__ import annotations

from hybrid.config import Settings
from hybrid_indexes.chunking.structure import StructureChunker
from hybrid_indexes.embedding.loading import load_embedder
from hybrid_indexes.knowledge import KnowledgeBase


def open_knowledge(settings: Settings) -> KnowledgeBase:
    """Return the knowledge base that the settings describe; its folder is locked until it is closed.

    Raises:
        IndexLockedError: Another process holds the folder.
        MissingExtraError: The embedding model's packages are not installed.
    """
    return KnowledgeBase(
        settings.index.path, embedder=load_embedder(settings.embedding.model), chunker=StructureChunker()
    )
