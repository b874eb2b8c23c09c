"""The knowledge base: an index on disk with its journal, kept up to date and searched."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.access import Narrowing, permits
from hybrid.errors import IndexStateError, InputError, NotIndexedError
from hybrid.health import IndexHealth
from hybrid.protocols import Chunker, Connector, Embedder, Index, SearchTrace
from hybrid.sync import ProgressCallback, SyncReport
from hybrid.types import Access, Principal, SearchResult, StoredDocument
from hybrid_indexes._bm25 import Bm25Encoder
from hybrid_indexes._swap import Swappable
from hybrid_indexes._workspace import Generation, Workspace
from hybrid_indexes.engine import EdgeEngine, Engine
from hybrid_indexes.inspection import inspect
from hybrid_indexes.journal.journal import Journal
from hybrid_indexes.retrieval import Retriever
from hybrid_indexes.sync._run import SyncRun
from hybrid_indexes.sync._write import settle_pending

if TYPE_CHECKING:
    from hybrid.protocols import Vectors

_LOG = logging.getLogger(__name__)

_FINGERPRINT = "fingerprint"
_QUERY_FINGERPRINT = "query_fingerprint"
_DIMENSION = "dimension"


@dataclass(frozen=True, kw_only=True)
class _Open:
    """A generation that is open."""

    generation: Generation
    journal: Journal
    index: Index
    retriever: Retriever

    def close(self) -> None:
        try:
            self.index.close()
        finally:
            self.journal.close()


class KnowledgeBase:
    """Documents in, permitted passages out.

    One process holds the folder; within it any number of threads may search while one syncs.

    Args:
        path: Folder of the index; made when absent.
        embedder: Makes vectors.
        chunker: Cuts documents.
        engine: Keeps the points; embedded in the folder when left out.

    Raises:
        IndexLockedError: Another process holds the folder.
        IndexVersionError: A newer hybrid made it.
    """

    def __init__(self, path: Path, *, embedder: Embedder, chunker: Chunker, engine: Engine | None = None) -> None:
        self._embedder = embedder
        self._chunker = chunker
        self._engine = engine or EdgeEngine()
        self._syncing = threading.Lock()
        self._workspace = Workspace(path)
        try:
            for generation in self._workspace.older():
                self._discard(generation)
            self._live = Swappable(self._open(self._workspace.live()))
        except BaseException:
            self._workspace.release()
            raise

    @property
    def fingerprint(self) -> str:
        """What an index depends on besides its documents: chunking, embedding and term weights."""
        return "\n".join((self._chunker.fingerprint, self._query_fingerprint))

    def plan(self, connectors: Sequence[Connector]) -> SyncReport:
        """Return what ``sync`` would do; nothing is written."""
        with self._syncing:
            report = self._run(self._live.value, None).plan(connectors)
            return replace(report, rebuilt=self._is_outdated())

    def sync(self, connectors: Sequence[Connector], *, progress: ProgressCallback | None = None) -> SyncReport:
        """Bring the index up to date; when chunking or embedding changed, build a second one and switch at the end."""
        with self._syncing:
            if self._is_outdated():
                report = self._rebuild(connectors, progress)
            else:
                self._discard_abandoned()
                report = self._fill(self._live.value, connectors, progress, rebuilt=False)
            self._optimize()
            return report

    def search(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Return the best readable passages, best first.

        Raises:
            NotIndexedError: Nothing has been synced yet.
            IndexStateError: The index was built with another chunker or embedder.
            AccessError: No principal, or a narrowing without values.
        """
        with self._live.borrow() as live:
            self._check(live)
            return live.retriever.search(question, principal=principal, limit=limit, narrowing=narrowing, moment=moment)

    def trace(self, question: str, *, principal: Principal, depth: int = 200) -> SearchTrace:
        """Return each stage's ranking down to ``depth``, of readable chunks only."""
        with self._live.borrow() as live:
            self._check(live)
            return live.retriever.trace(question, principal=principal, depth=depth)

    def document(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        """Return the live version, or None where it does not exist or the principal may not read it."""
        with self._live.borrow() as live:
            reader = live.journal.reader
            with reader.snapshot():
                row = reader.document(document_id)
                scope = reader.scope(row.scope) if row else None
                if row is None or scope is None or not permits(principal, scope.access, tenant=scope.tenant):
                    return None
                version = reader.version(row.version)
        return StoredDocument(
            document_id=row.id,
            uri=row.uri,
            title=row.title,
            version=version.content_hash,
            text=version.text,
            first_line=version.first_line,
            page_starts=version.page_starts,
            access=scope.access,
            tenant=scope.tenant,
            metadata=row.metadata,
        )

    def document_ids(self) -> Sequence[str]:
        """Return the ids of all live documents, sorted; for operators' checks."""
        with self._live.borrow() as live:
            return live.journal.reader.document_ids()

    def access(self, document_id: str) -> tuple[Access, str] | None:
        """Return access list and tenant of a live document, or None; for operators' checks."""
        with self._live.borrow() as live:
            row = live.journal.reader.document(document_id)
            scope = live.journal.reader.scope(row.scope) if row else None
        return (scope.access, scope.tenant) if scope else None

    def health(self) -> IndexHealth:
        """Return counts of documents and chunks, and where engine and journal disagree; for operators' checks."""
        with self._live.borrow() as live:
            return inspect(live.journal.reader, live.index)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` rows of length one."""
        return self._embedder.embed_documents(texts)

    def close(self) -> None:
        """Flush and release the folder; a second call does nothing."""
        try:
            self._live.value.close()
        finally:
            self._workspace.release()

    def _open(self, generation: Generation) -> _Open:
        generation.path.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            journal = Journal(generation.journal)
            opened.callback(journal.close)
            index = self._open_index(generation, journal)
            opened.callback(index.close)
            settle_pending(journal, index)
            opened.pop_all()
        retriever = Retriever(journal=journal, index=index, embedder=self._embedder)
        return _Open(generation=generation, journal=journal, index=index, retriever=retriever)

    def _open_index(self, generation: Generation, journal: Journal) -> Index:
        """Return the engine's index with the dimension it was filled with, which need not be today's embedder's."""
        dimension = journal.reader.meta(_DIMENSION)
        if dimension is None:
            # Nothing was ever written; what lies there may have been made for another embedder.
            self._engine.discard(generation)
        return self._engine.open(generation, int(dimension or self._embedder.dimension))

    def _discard(self, generation: Generation) -> None:
        # The folder goes last: as long as it is there, the next start knows that the engine may hold something.
        self._engine.discard(generation)
        self._workspace.discard(generation)

    def _run(self, target: _Open, progress: ProgressCallback | None) -> SyncRun:
        return SyncRun(
            journal=target.journal,
            index=target.index,
            chunker=self._chunker,
            embedder=self._embedder,
            progress=progress,
        )

    @property
    def _query_fingerprint(self) -> str:
        """What a question must share with the index; another chunker only cuts other passages."""
        return "\n".join((self._embedder.fingerprint, Bm25Encoder().fingerprint))

    def _is_outdated(self) -> bool:
        return self._stored(_FINGERPRINT, self._live.value) not in (None, self.fingerprint)

    def _fill(
        self, target: _Open, connectors: Sequence[Connector], progress: ProgressCallback | None, *, rebuilt: bool
    ) -> SyncReport:
        with target.journal.write() as journal:
            journal.put_meta(_FINGERPRINT, self.fingerprint)
            journal.put_meta(_QUERY_FINGERPRINT, self._query_fingerprint)
            journal.put_meta(_DIMENSION, str(self._embedder.dimension))
        return self._run(target, progress).apply(connectors, rebuilt=rebuilt)

    def _rebuild(self, connectors: Sequence[Connector], progress: ProgressCallback | None) -> SyncReport:
        """Build a second index beside the live one and switch when it is complete."""
        successor = self._open_successor()
        try:
            report = self._fill(successor, connectors, progress, rebuilt=True)
            self._run(successor, None).adopt(connectors, self._live.value.journal.reader)
            self._workspace.switch(successor.generation)
        except BaseException:
            successor.close()
            raise
        before = self._live.replace(successor)
        before.close()
        self._discard(before.generation)
        return report

    def _open_successor(self) -> _Open:
        """Return the index that a rebuild fills; what an interrupted one has done already is kept."""
        successor = self._open(self._workspace.next())
        if self._stored(_FINGERPRINT, successor) not in (None, self.fingerprint):
            successor.close()
            self._discard(successor.generation)
            successor = self._open(successor.generation)
        return successor

    def _discard_abandoned(self) -> None:
        """Remove a second index that was begun for settings that are no longer wanted."""
        begun = self._workspace.next()
        if begun.path.exists():
            self._discard(begun)

    def _optimize(self) -> None:
        try:
            self._live.value.index.optimize()
        except InputError as error:
            _LOG.warning("%s", error)  # everything is written; only searches are slower than they could be

    def _check(self, live: _Open) -> None:
        stored = self._stored(_QUERY_FINGERPRINT, live)
        if stored is None:
            raise NotIndexedError("nothing has been synced yet; run: hybrid sync")
        if stored != self._query_fingerprint:
            raise IndexStateError("the index was built with another embedder; run: hybrid sync")

    @staticmethod
    def _stored(setting: str, opened: _Open) -> str | None:
        return opened.journal.reader.meta(setting)
