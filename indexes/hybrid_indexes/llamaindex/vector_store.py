"""A LlamaIndex vector store on the embedded engine, with access control that cannot be left out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from hybrid.access import access_set
from hybrid.errors import InputError
from hybrid.types import Principal
from hybrid_indexes._stages import EmbeddedQuestion
from hybrid_indexes._workspace import Workspace
from hybrid_indexes.edge import EdgeIndex
from hybrid_indexes.journal.journal import Journal
from hybrid_indexes.llamaindex._given import REF_KEY, SOURCE, GivenVectors, NodeChunker, document_node, node_document
from hybrid_indexes.llamaindex._nodes import narrowing
from hybrid_indexes.retrieval import Retriever
from hybrid_indexes.sync._write import DocumentWriter, settle_pending

_MODES = (VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.HYBRID)


class EdgeVectorStore(BasePydanticVectorStore):
    """Stores nodes with their readers; every query is answered for one principal.

    Readers come from each node's metadata ``access``, a list such as ``["public", "group:legal"]``, and ``deny``. A
    node that names nobody is readable for nobody.

    Args:
        path: Folder of the store; made when absent.
        dimension: Length of the embeddings.
        principal: On whose behalf queries run.

    Raises:
        AccessError: No principal.
        IndexLockedError: Another process holds the folder.
    """

    stores_text: bool = True
    flat_metadata: bool = False

    _workspace: Workspace = PrivateAttr()
    _journal: Journal = PrivateAttr()
    _index: EdgeIndex = PrivateAttr()
    _principal: Principal = PrivateAttr()
    _dimension: int = PrivateAttr()

    def __init__(self, *, path: str | Path, dimension: int, principal: Principal) -> None:
        super().__init__(stores_text=True)
        access_set(principal)
        with ExitStack() as opened:
            self._workspace = Workspace(Path(path))
            opened.callback(self._workspace.release)
            generation = self._workspace.live()
            generation.path.mkdir(exist_ok=True)
            self._journal = Journal(generation.journal)
            opened.callback(self._journal.close)
            self._index = EdgeIndex(generation.engine, dimension=dimension)
            opened.callback(self._index.close)
            settle_pending(self._journal, self._index)
            opened.pop_all()
        self._principal = principal
        self._dimension = dimension

    @property
    def client(self) -> EdgeIndex:
        """The engine."""
        return self._index

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Store nodes and return their ids; a node stored before is replaced.

        Raises:
            AccessError: A node's ``access`` holds an unknown token; no node of the call is stored.
            EmbeddingError: A node has no embedding, or one of another length.
        """
        embedder = GivenVectors(nodes, self._dimension)
        writer = DocumentWriter(journal=self._journal, index=self._index, chunker=NodeChunker(nodes), embedder=embedder)
        writer.write([writer.prepare(node_document(node), state="") for node in nodes])
        writer.finish()
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Remove every node of a document; an unknown one removes nothing."""
        rows = self._journal.reader.documents(SOURCE).values()
        with self._journal.write() as journal:
            for row in rows:
                if ref_doc_id and row.metadata[REF_KEY] == ref_doc_id:
                    journal.remove_document(row.id)
        settle_pending(self._journal, self._index)
        self._index.flush()

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Return the best nodes that the principal may read, by embedding, or by embedding and words (mode HYBRID).

        Raises:
            InputError: A mode, filter or restriction that cannot be kept to.
        """
        if query.query_embedding is None or query.mode not in _MODES:
            raise InputError(f"query mode {query.mode.value!r} needs an embedding and must be 'default' or 'hybrid'")
        if query.node_ids or query.doc_ids:
            raise InputError("queries restricted to node_ids or doc_ids are not supported; use metadata filters")
        hybrid = query.mode == VectorStoreQueryMode.HYBRID
        retriever = Retriever(journal=self._journal, index=self._index, embedder=GivenVectors([], self._dimension))
        found = retriever.search_embedded(
            (query.query_str or "") if hybrid else "",
            EmbeddedQuestion(vector=query.query_embedding),
            principal=self._principal,
            limit=query.hybrid_top_k or query.similarity_top_k if hybrid else query.similarity_top_k,
            narrowing=narrowing(query.filters),
        )
        nodes = [document_node(passage.text) for passage in found.passages]
        scores = [passage.scores.fused if hybrid else passage.scores.dense or 0.0 for passage in found.passages]
        return VectorStoreQueryResult(nodes=nodes, similarities=scores, ids=[node.node_id for node in nodes])

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """Refuse: nodes are read through queries, which know who asks."""
        raise InputError("nodes can only be read by a query; get_nodes() would bypass ranking and its limit")

    def close(self) -> None:
        """Flush and release the folder."""
        self._index.close()
        self._journal.close()
        self._workspace.release()
