"""Writing changed documents: the journal says what will come, the engine gets it, the journal makes it live."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.errors import EmbeddingError
from hybrid.protocols import Chunker, Embedder, Index, Point, SparseVector
from hybrid.types import Chunk, Document
from hybrid_indexes._bm25 import Bm25Encoder
from hybrid_indexes._points import payload
from hybrid_indexes.journal._rows import point_id
from hybrid_indexes.journal._writes import IndexedChunk
from hybrid_indexes.journal.journal import Journal

_CHUNKS_PER_FLUSH = 4096


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A document cut and tokenized, before it has a version."""

    document: Document
    state: str
    chunks: tuple[IndexedChunk, ...]
    sparse: tuple[SparseVector, ...]
    texts: tuple[str, ...]


class DocumentWriter:
    """Makes new versions live, many documents at a time, each as a whole or not at all."""

    def __init__(self, *, journal: Journal, index: Index, chunker: Chunker, embedder: Embedder) -> None:
        self._journal = journal
        self._index = index
        self._chunker = chunker
        self._embedder = embedder
        self._bm25 = Bm25Encoder()
        self._unflushed = 0
        self.embedded = 0
        """Chunks that had to be embedded so far."""

    def prepare(self, document: Document, state: str) -> Prepared:
        """Cut a document and count its terms."""
        chunks = self._chunker.chunk(document)
        sparse = tuple(self._bm25.document(chunk.indexed_text) for chunk in chunks)
        indexed = tuple(self._indexed(chunk, terms) for chunk, terms in zip(chunks, sparse, strict=True))
        texts = tuple(chunk.indexed_text for chunk in chunks)
        return Prepared(document=document, state=state, chunks=indexed, sparse=sparse, texts=texts)

    def write(self, batch: Sequence[Prepared]) -> int:
        """Write the documents and make them live; return the number of chunks."""
        vectors = self._vectors(batch)
        with self._journal.write() as journal:
            versions = [journal.add_version(each.document, each.chunks) for each in batch]
            scopes = [journal.scope_of(each.document) for each in batch]
        for each, version, scope in zip(batch, versions, scopes, strict=True):
            self._index.upsert(_points(each, version, scope, vectors))
        with self._journal.write() as journal:
            for each, version in zip(batch, versions, strict=True):
                journal.put_document(each.document, state=each.state, version=version)
        written = sum(len(each.chunks) for each in batch)
        self._settle(written)
        return written

    def finish(self) -> None:
        """Make everything written survive a power cut."""
        if self._unflushed:
            self._index.flush()
            self._unflushed = 0

    def _settle(self, written: int) -> None:
        settle_pending(self._journal, self._index)
        self._unflushed += written
        if self._unflushed >= _CHUNKS_PER_FLUSH:
            self.finish()

    def _indexed(self, chunk: Chunk, terms: SparseVector) -> IndexedChunk:
        mark = hashlib.sha256(f"{self._embedder.fingerprint}\n{chunk.indexed_text}".encode("utf-8", "surrogatepass"))
        return IndexedChunk(chunk=chunk, indexed_hash=mark.digest(), terms=terms.indices)

    def _vectors(self, batch: Sequence[Prepared]) -> dict[bytes, Sequence[float]]:
        """Return the vector of every distinct indexed text; those embedded before are read back, not made again."""
        texts = {
            chunk.indexed_hash: text for each in batch for chunk, text in zip(each.chunks, each.texts, strict=True)
        }
        stored = self._journal.reader.chunks_with(texts)
        known = self._index.vectors(list(stored.values()))
        vectors = {mark: known[point] for mark, point in stored.items() if point in known}
        missing = [mark for mark in texts if mark not in vectors]
        if missing:
            made = self._embedder.embed_documents([texts[mark] for mark in missing])
            _check(made, len(missing), self._embedder.dimension)
            vectors.update(zip(missing, made.tolist(), strict=True))
            self.embedded += len(missing)
        return vectors


def settle_pending(journal: Journal, index: Index) -> None:
    """Do in the engine what the journal says is still to be done; safe to repeat after a crash at any point."""
    pending = list(journal.reader.pending())
    gone = [version for version, action in pending if action in ("write", "remove")]
    index.remove(gone)
    for version, action in pending:
        if action == "payload" and (row := journal.reader.live([version]).get(version)):
            index.set_payload(version, payload(version=version, scope=row.scope, metadata=row.metadata))
    if pending:
        with journal.write() as writer:
            for version, action in pending:
                writer.forget_version(version) if action in ("write", "remove") else writer.settle(version)


def _points(each: Prepared, version: int, scope: int, vectors: dict[bytes, Sequence[float]]) -> list[Point]:
    stored = payload(version=version, scope=scope, metadata=each.document.metadata)
    return [
        Point(id=point_id(version, ordinal), dense=vectors[chunk.indexed_hash], sparse=sparse, payload=stored)
        for ordinal, (chunk, sparse) in enumerate(zip(each.chunks, each.sparse, strict=True))
    ]


def _check(vectors: np.ndarray, rows: int, dimension: int) -> None:
    if vectors.shape != (rows, dimension):
        raise EmbeddingError(
            f"the embedder returned shape {vectors.shape} for {rows} texts of dimension {dimension}; "
            "check the model, then run sync again"
        )
    if not np.isfinite(vectors).all():
        bad = int((~np.isfinite(vectors).all(axis=1)).sum())
        raise EmbeddingError(f"the embedder returned NaN or infinity for {bad} of {rows} texts; nothing was written")
