"""What others implement to plug into hybrid; each protocol has contract tests in ``hybrid.testing``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from hybrid.access import AccessFilter, Narrowing
from hybrid.sync import ProgressCallback, SyncReport
from hybrid.types import Access, Chunk, Document, Principal, SearchResult, StoredDocument

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hybrid.answering.request import ReplyPieces, ReplyRequest

    Vectors = NDArray[np.float32]
    """``(texts, dimension)``, each row of length one."""

    Vector = NDArray[np.float32]
    """``(dimension,)``, of length one."""

    TokenVectors = NDArray[np.float32]
    """``(tokens, token dimension)`` of a question, each row of length one."""

    TokenBytes = NDArray[np.int8]
    """``(tokens, token dimension)`` of a passage, as stored; only the direction of a row means something."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One document of a source, as the listing knows it without reading it."""

    path: str
    """Path or key within the source, with forward slashes."""

    state: str
    """Cheap fingerprint (size and time, blob id, ETag): equal states mean the document need not be read again."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All documents of a source at one moment. A connector that cannot list everything raises instead."""

    entries: tuple[Entry, ...]
    """Every document, each path once."""

    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    """New path by old path, where the source itself knows (a version-control history)."""

    cursor: str | None = None
    """Where the next listing may go on from (a revision); stored by the sync and handed back."""


@runtime_checkable
class Connector(Protocol):
    """Reads documents, with their readers, from one source."""

    @property
    def name(self) -> str:
        """Name of the source, unique within a pipeline; the first half of every document id."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes when a setting changes that can alter documents (access rules, parsing); then all are read again."""
        ...

    def list(self, cursor: str | None = None) -> Listing:
        """Return every document of the source.

        Args:
            cursor: The cursor of the last successful listing, or None.

        Raises:
            SourceError: The source cannot be listed completely; nothing will be removed.
        """
        ...

    def read(self, entry: Entry) -> Document:
        """Return one document.

        Raises:
            ReadError: This document cannot be read now; the sync reports it and tries again next time.
        """
        ...


@runtime_checkable
class Watchable(Protocol):
    """A connector that can say which folders to watch for changes."""

    @property
    def watch_paths(self) -> Sequence[str]:
        """Folders whose changes may change documents."""
        ...


class Chunker(Protocol):
    """Cuts a document into chunks with exact offsets."""

    @property
    def fingerprint(self) -> str:
        """Changes when the same document would be cut differently."""
        ...

    def chunk(self, document: Document) -> Sequence[Chunk]:
        """Return chunks in order; ``document.text[c.start:c.end] == c.text`` for each."""
        ...


class Embedder(Protocol):
    """Turns text into vectors; the vector of a text depends on nothing but the text."""

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get another vector."""
        ...

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` float32 rows of length one."""
        ...

    def embed_query(self, text: str) -> Vector:
        """Return ``(dimension,)`` float32 of length one."""
        ...


@runtime_checkable
class UrgentEmbedder(Embedder, Protocol):
    """An embedder that embeds in bulk at a low priority, and at the caller's where somebody waits."""

    def embed_urgent(self, texts: Sequence[str]) -> Vectors:
        """Return what ``embed_documents`` does, ahead of bulk work."""
        ...


@runtime_checkable
class LateEmbedder(Embedder, Protocol):
    """An embedder whose token vectors come along, so that a search can compare word by word (late interaction)."""

    def embed_documents_late(self, texts: Sequence[str]) -> tuple[Vectors, Sequence[TokenBytes]]:
        """Return what ``embed_documents`` does, and the storable token vectors of each text."""
        ...

    def embed_query_late(self, text: str) -> tuple[Vector, TokenVectors]:
        """Return what ``embed_query`` does, and the question's token vectors."""
        ...


@dataclass(frozen=True, kw_only=True)
class SparseVector:
    """Term weights by term id."""

    indices: tuple[int, ...]
    """Distinct term ids."""

    values: tuple[float, ...]
    """Weight of each."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A chunk as an index stores it. It holds no text: text stays in the journal."""

    id: int
    """``version << 20 | ordinal``, so that a hit names its document version without a payload."""

    dense: Sequence[float]
    """The embedding."""

    sparse: SparseVector
    """Term-frequency weights of BM25, without inverse document frequency."""

    payload: Mapping[str, object]
    """``version``, ``scope`` and ``meta``: what filters look at."""


class Hit(NamedTuple):
    """A point that an index found; a tuple, because one search makes hundreds of them."""

    id: int
    """The point's id."""

    score: float
    """Higher is better."""


class Index(Protocol):
    """Stores points and finds them; every search carries an ``AccessFilter``."""

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points; they survive a crash after the next ``flush``."""
        ...

    def set_payload(self, version: int, payload: Mapping[str, object]) -> None:
        """Replace fields of the payload of every point of a document version."""
        ...

    def remove(self, versions: Sequence[int]) -> None:
        """Remove every point of these document versions."""
        ...

    def flush(self) -> None:
        """Make everything written so far survive a crash."""
        ...

    def search_dense(self, vector: Sequence[float], access: AccessFilter, *, limit: int, exact: bool) -> list[Hit]:
        """Return the nearest readable points, best first."""
        ...

    def search_sparse(self, weights: SparseVector, access: AccessFilter, *, limit: int) -> list[Hit]:
        """Return the readable points with the largest weighted term overlap, best first."""
        ...

    def vectors(self, ids: Sequence[int]) -> Mapping[int, Sequence[float]]:
        """Return stored embeddings by point id; unknown ids are left out."""
        ...

    def versions(self) -> Mapping[int, int]:
        """Return the number of points of every document version held, for checks and repair."""
        ...

    def optimize(self) -> bool:
        """Reorganise for faster reads without holding readers; return whether anything was done."""
        ...

    def close(self) -> None:
        """Flush and release everything."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A readable chunk in one stage's ranking, without its text."""

    document_id: str
    """``source:path``."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    score: float
    """Score of that stage."""


@dataclass(frozen=True, kw_only=True)
class SearchTrace:
    """The rankings of one question, stage by stage, deeper than a search shows; only what the principal may read."""

    stages: Mapping[str, tuple[Ranked, ...]]
    """By stage in the order they run: ``dense``, ``sparse``, ``fused`` and, where one runs, ``rerank``."""


@runtime_checkable
class Knowledge(Protocol):
    """The knowledge half of a pipeline: documents that a principal may read, found and shown."""

    def search(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Return the best readable passages, best first, at most ``limit``."""
        ...

    def trace(self, question: str, *, principal: Principal, depth: int = 200) -> SearchTrace:
        """Return each stage's ranking down to ``depth``, to say which stage lost a document."""
        ...

    def document(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        """Return the live version, or None where it does not exist or the principal may not read it."""
        ...

    def document_ids(self) -> Sequence[str]:
        """Return the ids of all live documents, sorted; for operators' checks, never for a principal's eyes."""
        ...

    def access(self, document_id: str) -> tuple[Access, str] | None:
        """Return access list and tenant of a live document, or None; for operators' checks."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` float32 rows of length one, by the index's own embedder."""
        ...


@runtime_checkable
class SyncedKnowledge(Knowledge, Protocol):
    """Knowledge that is kept up to date from connectors."""

    def plan(self, connectors: Sequence[Connector], *, accept_empty: Collection[str] = ()) -> SyncReport:
        """Return what ``sync`` would do; nothing is written."""
        ...

    def sync(
        self,
        connectors: Sequence[Connector],
        *,
        progress: ProgressCallback | None = None,
        accept_empty: Collection[str] = (),
    ) -> SyncReport:
        """Bring the index up to date; what cannot be read keeps its last good version.

        Args:
            connectors: Read the sources.
            progress: Called after each document.
            accept_empty: Names of sources that may list nothing although they have live documents.
        """
        ...

    def close(self) -> None:
        """Flush and release everything."""
        ...


@runtime_checkable
class Portable(Protocol):
    """Knowledge that can be copied while it is in use."""

    def snapshot(self, folder: Path) -> None:
        """Write a copy into an empty folder, all of it of one moment; searches go on, a sync waits.

        Raises:
            StorageError: There is no room, or the folder cannot be written.
        """
        ...


@runtime_checkable
class Expiring(Protocol):
    """Knowledge that can say which documents are out of date."""

    def ended(self, moment: datetime) -> Sequence[str]:
        """Return the ids of live documents that no longer hold at a moment, sorted; for operators' checks."""
        ...


class Ranker(Protocol):
    """Reads a question together with a text and says how well the text answers it."""

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return ``(len(texts),)`` scores that mean the same for every question.

        They are the log-odds of a text against "none of these answers": above 0 it is likelier to answer than not. A
        text's score depends on nothing but question and text. Any number of threads may call it.
        """
        ...


@runtime_checkable
class Voiced(Protocol):
    """A model that can speak with adapters chosen by name for each request."""

    @property
    def adapters(self) -> Collection[str]:
        """Names of the adapters that requests may choose."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A model that holds threads or connections; ``Pipeline.close`` closes it."""

    def close(self) -> None:
        """Release everything; a second time does nothing."""
        ...


class Model(Protocol):
    """Composes a reply in a contract's form; facts it can only point at, or claim and have checked."""

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        """Yield pieces of the reply's JSON as they come up, and at the end one ``ReplyEnd``.

        Closing the iterator ends the work. Any number of threads may call it.

        Raises:
            ModelBusyError: Its queue is full.
            DeadlineError: It takes longer than the request allows.
            ReplyError: It cannot give a reply in the contract.
        """
        ...
