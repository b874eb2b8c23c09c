"""From settings to an open knowledge base."""

from __future__ import annotations

import shutil
from pathlib import Path

from hybrid.config import IndexSettings, Settings
from hybrid_indexes._workspace import Workspace
from hybrid_indexes.chunking.structure import StructureChunker
from hybrid_indexes.embedding.loading import load_embedder
from hybrid_indexes.engine import EdgeEngine, Engine
from hybrid_indexes.knowledge import KnowledgeBase
from hybrid_indexes.restoring import Restoring


def open_knowledge(settings: Settings) -> KnowledgeBase:
    """Return the knowledge base that the settings describe; its folder is locked until it is closed.

    Raises:
        IndexLockedError: Another process holds the folder.
        MissingExtraError: The embedding model's packages are not installed.
        ConfigError: The url of the server cannot work.
        IndexStateError: The server cannot be reached.
    """
    return KnowledgeBase(
        settings.index.path,
        embedder=load_embedder(settings.embedding.model),
        chunker=StructureChunker(),
        engine=_engine(settings.index),
    )


def open_restoring(settings: Settings) -> Restoring:
    """Return the folder's place for an index from elsewhere; the folder is locked until it is closed.

    Raises:
        IndexLockedError: A process holds the folder.
        StorageError: The folder cannot be used.
    """
    embedder = load_embedder(settings.embedding.model)
    return Restoring(settings.index.path, embedder=embedder, engine=_engine(settings.index))


def remove_index(path: Path) -> None:
    """Remove an embedded index.

    Raises:
        IndexLockedError: A process holds it; nothing was removed.
        StorageError: It cannot be locked.
    """
    held = Workspace(path)
    try:
        shutil.rmtree(path, ignore_errors=True)
    finally:
        held.release()


def _engine(index: IndexSettings) -> Engine:
    if index.url is None:
        return EdgeEngine()
    from hybrid_indexes.server import QdrantEngine, QdrantServer

    server = QdrantServer(
        url=index.url, prefer_grpc=index.grpc, shard_number=index.shards, replication_factor=index.replicas
    )
    return QdrantEngine(server, collection=index.collection)
