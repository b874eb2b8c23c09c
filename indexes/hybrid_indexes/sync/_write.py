"""Writing changed documents: the journal says what will come, the engine gets it, the journal makes it live."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hybrid.errors import EmbeddingError
from hybrid.protocols import Chunker, Embedder, Index, LateEmbedder, Point, SparseVector
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


@dataclass(frozen=True, kw_only=True)
class _Embedded:
    """What an embedder made of one text."""

    vector: Sequence[float]
    tokens: bytes


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
        embedded = self._embedded(batch)
        with self._journal.write() as journal:
            versions = [journal.add_version(each.document, _with_tokens(each.chunks, embedded)) for each in batch]
            scopes = [journal.scope_of(each.document) for each in batch]
        for each, version, scope in zip(batch, versions, scopes, strict=True):
            self._index.upsert(_points(each, version, scope, embedded))
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

    def _embedded(self, batch: Sequence[Prepared]) -> dict[bytes, _Embedded]:
        """Return each distinct indexed text's embedding; those made before are read back, not made again."""
        texts = {
            chunk.indexed_hash: text for each in batch for chunk, text in zip(each.chunks, each.texts, strict=True)
        }
        found = self._stored(texts)
        missing = [mark for mark in texts if mark not in found]
        if missing:
            made = self._make([texts[mark] for mark in missing])
            found.update(zip(missing, made, strict=True))
            self.embedded += len(missing)
        return found

    def _stored(self, marks: Collection[bytes]) -> dict[bytes, _Embedded]:
        reader = self._journal.reader
        points = reader.chunks_with(marks)
        vectors, tokens = self._index.vectors(list(points.values())), reader.tokens(points.values())
        return {
            mark: _Embedded(vector=vectors[point], tokens=tokens[point])
            for mark, point in points.items()
            if point in vectors and point in tokens
        }

    def _make(self, texts: Sequence[str]) -> list[_Embedded]:
        if isinstance(self._embedder, LateEmbedder):
            vectors, tokens = self._embedder.embed_documents_late(texts)
            late = [each.tobytes() for each in tokens]
        else:
            vectors, late = self._embedder.embed_documents(texts), [b""] * len(texts)
        _check(vectors, len(texts), self._embedder.dimension)
        return [_Embedded(vector=v, tokens=t) for v, t in zip(vectors.tolist(), late, strict=True)]


def settle_pending(journal: Journal, index: Index) -> None:
    """Do in the engine what the journal says is still to be done; safe to repeat after a crash at any point."""
    pending = list(journal.reader.pending())
    gone = [version for version, action in pending if action in ("write", "remove")]
    index.remove(gone)
    changed = journal.reader.live(version for version, action in pending if action == "payload")
    for version, row in changed.items():
        index.set_payload(version, payload(version=version, scope=row.scope, metadata=row.metadata))
    if changed:
        # Points are counted after a power cut, payloads are not: they must be safe before they are struck out.
        index.flush()
    if pending:
        with journal.write() as writer:
            for version, action in pending:
                writer.forget_version(version) if action in ("write", "remove") else writer.settle(version)


def _points(each: Prepared, version: int, scope: int, embedded: dict[bytes, _Embedded]) -> list[Point]:
    stored = payload(version=version, scope=scope, metadata=each.document.metadata)
    return [
        Point(id=point_id(version, ordinal), dense=embedded[chunk.indexed_hash].vector, sparse=sparse, payload=stored)
        for ordinal, (chunk, sparse) in enumerate(zip(each.chunks, each.sparse, strict=True))
    ]


def _with_tokens(chunks: Sequence[IndexedChunk], embedded: dict[bytes, _Embedded]) -> list[IndexedChunk]:
    return [replace(chunk, tokens=embedded[chunk.indexed_hash].tokens) for chunk in chunks]


def _check(vectors: np.ndarray, rows: int, dimension: int) -> None:
    if vectors.shape != (rows, dimension):
        raise EmbeddingError(
            f"the embedder returned shape {vectors.shape} for {rows} texts of dimension {dimension}; "
            "check the model, then run sync again"
        )
    if not np.isfinite(vectors).all():
        bad = int((~np.isfinite(vectors).all(axis=1)).sum())
        raise EmbeddingError(f"the embedder returned NaN or infinity for {bad} of {rows} texts; nothing was written")
