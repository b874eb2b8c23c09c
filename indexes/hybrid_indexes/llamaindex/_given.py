"""Writing nodes that LlamaIndex has cut and embedded already."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from llama_index.core.schema import BaseNode, MetadataMode, TextNode

from hybrid.access import parse_access
from hybrid.errors import EmbeddingError
from hybrid.types import Access, Chunk, Document, MetadataValue

if TYPE_CHECKING:
    from hybrid.protocols import Vector, Vectors

SOURCE = "nodes"
ACCESS_KEY = "access"
DENY_KEY = "deny"
REF_KEY = "_ref_doc_id"


def node_document(node: BaseNode) -> Document:
    """Return a node as a document of one chunk, whose text is the node itself as JSON.

    Readers come from the node's metadata ``access``, a list of tokens; a node that names none is readable for nobody.

    Raises:
        AccessError: A token is unknown.
    """
    metadata = cast("dict[str, object]", node.metadata)
    return Document(
        source=SOURCE,
        path=node.node_id,
        uri=node.ref_doc_id or node.node_id,
        title=node.node_id,
        text=_plain(node),
        media_type="application/json",
        access=_access(metadata),
        metadata={**_scalars(metadata), REF_KEY: node.ref_doc_id or ""},
        title_in_text=False,
    )


def document_node(text: str) -> TextNode:
    """Return the node that ``node_document`` stored; who may read it is no part of what a model reads."""
    node = TextNode.from_json(text)
    hidden = {ACCESS_KEY, DENY_KEY}
    node.excluded_llm_metadata_keys = sorted({*node.excluded_llm_metadata_keys, *hidden})
    node.excluded_embed_metadata_keys = sorted({*node.excluded_embed_metadata_keys, *hidden})
    return node


class NodeChunker:
    """Keeps a node whole; what is indexed is the text that LlamaIndex would embed."""

    fingerprint = "llamaindex-nodes"
    """There is one way to do nothing."""

    def __init__(self, nodes: Sequence[BaseNode]) -> None:
        self._texts = {node.node_id: node.get_content(MetadataMode.EMBED) for node in nodes}

    def chunk(self, document: Document) -> Sequence[Chunk]:
        """Return the one chunk."""
        indexed = self._texts[document.path]
        return [Chunk(start=0, end=len(document.text), text=document.text, indexed_text=indexed)]


class GivenVectors:
    """An embedder that was told the vectors.

    Raises:
        EmbeddingError: A node has no embedding, or one of another length.
    """

    def __init__(self, nodes: Sequence[BaseNode], dimension: int) -> None:
        self.dimension = dimension
        self._vectors: dict[str, list[float]] = {}
        digest = hashlib.sha256()
        for node in nodes:
            vector = node.embedding
            if vector is None or len(vector) != dimension:
                found = "no embedding" if vector is None else f"an embedding of length {len(vector)}"
                raise EmbeddingError(f"node {node.node_id!r} has {found}; expected length {dimension}")
            self._vectors[node.get_content(MetadataMode.EMBED)] = vector
            digest.update(repr(vector).encode())
        self.fingerprint = digest.hexdigest()

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts that came with them."""
        import numpy as np

        return _unit(np.asarray([self._vectors[text] for text in texts], dtype=np.float32))

    def embed_query(self, text: str) -> Vector:
        """Return the vector of one text that came with it."""
        return self.embed_documents([text])[0]


def _unit(vectors: Vectors) -> Vectors:
    import numpy as np

    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _plain(node: BaseNode) -> str:
    """Return the node as JSON without its embedding, which the engine holds."""
    without = node.model_copy()
    without.embedding = None
    return without.to_json()


def _access(metadata: dict[str, object]) -> Access:
    readers = cast("Sequence[str]", metadata.get(ACCESS_KEY, ()))
    denied = cast("Sequence[str]", metadata.get(DENY_KEY, ()))
    return parse_access(readers, denied)


def _scalars(metadata: dict[str, object]) -> dict[str, MetadataValue]:
    return {key: value for key, value in metadata.items() if isinstance(value, str | int | float | bool)}
