"""The knowledge base: an index on disk with its journal, kept up to date and searched."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.access import Narrowing, permits
from hybrid.errors import IndexStateError, InputError, NotIndexedError
from hybrid.health import IndexHealth
from hybrid.protocols import Chunker, Connector, Embedder, SearchTrace, UrgentEmbedder
from hybrid.sync import ProgressCallback, SyncReport
from hybrid.types import Access, Principal, SearchResult, StoredDocument
from hybrid_indexes._generations import Fingerprint, Generations, OpenGeneration
from hybrid_indexes._swap import Swappable
from hybrid_indexes.copying import copy_generation
from hybrid_indexes.engine import EdgeEngine, Engine
from hybrid_indexes.inspection import inspect
from hybrid_indexes.sync._run import SyncRun

if TYPE_CHECKING:
    from hybrid.protocols import Vectors

_LOG = logging.getLogger(__name__)


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
        IndexVersionError: Another version of hybrid made it.
        IndexDamagedError: Its files cannot be read any more.
        StorageError: The disk is too full, or the folder cannot be used.
    """

    def __init__(self, path: Path, *, embedder: Embedder, chunker: Chunker, engine: Engine | None = None) -> None:
        self._embedder = embedder
        self._chunker = chunker
        self._syncing = threading.Lock()
        self._generations = Generations(path, engine=engine or EdgeEngine(), embedder=embedder)
        try:
            self._live = Swappable(self._generations.open_live())
        except BaseException:
            self._generations.release()
            raise

    @property
    def fingerprint(self) -> Fingerprint:
        """What an index built by this knowledge base depends on besides its documents."""
        return Fingerprint.of(chunker=self._chunker.fingerprint, embedder=self._embedder)

    def plan(self, connectors: Sequence[Connector], *, accept_empty: Collection[str] = ()) -> SyncReport:
        """Return what ``sync`` would do; nothing is written."""
        with self._syncing:
            report = self._run(self._live.value, accept_empty=accept_empty).plan(connectors)
            return replace(report, rebuilt=self._is_outdated())

    def sync(
        self,
        connectors: Sequence[Connector],
        *,
        progress: ProgressCallback | None = None,
        accept_empty: Collection[str] = (),
    ) -> SyncReport:
        """Bring the index up to date; when chunking or embedding changed, build a second one and switch at the end.

        Removals, and readers taken away, reach the live index before a second one is begun.
        """
        with self._syncing:
            if self._is_outdated():
                report = self._rebuild(connectors, progress, accept_empty)
            else:
                self._generations.discard_begun()
                self._live.value.mark(self.fingerprint)
                report = self._run(self._live.value, progress, accept_empty=accept_empty).apply(connectors)
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
            IndexStateError: The index was built with another embedder.
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
                row = reader.document_or_next(document_id)
                scope = reader.scope(row.scope) if row else None
                is_permitted = scope is not None and permits(principal, scope.access, tenant=scope.tenant)
                if row is None or not is_permitted or row.id != document_id:
                    return None
                found, version = reader.content(row), reader.content_hash(row.version)
        return StoredDocument(
            document_id=found.id,
            uri=found.uri,
            title=found.title,
            version=version,
            text=found.text,
            first_line=found.first_line,
            page_starts=found.page_starts,
            valid_from=found.valid_from,
            valid_until=found.valid_until,
            access=found.access,
            tenant=found.tenant,
            metadata=found.metadata,
        )

    def document_ids(self) -> Sequence[str]:
        """Return the ids of all live documents, sorted; for operators' checks."""
        with self._live.borrow() as live:
            return live.journal.reader.document_ids()

    def ended(self, moment: datetime) -> Sequence[str]:
        """Return the ids of live documents that no longer hold at a moment, sorted; for operators' checks."""
        with self._live.borrow() as live:
            return live.journal.reader.ended(moment.timestamp())

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

    def snapshot(self, folder: Path) -> None:
        """Write journal and embedded engine, both of one moment, into an empty folder; a sync waits meanwhile.

        Raises:
            StorageError: There is no room, or the folder cannot be written.
        """
        with self._syncing:
            copy_generation(self._live.value, folder)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` rows of length one."""
        # Whoever asks waits for the vectors, and must not stand behind a sync.
        if isinstance(self._embedder, UrgentEmbedder):
            return self._embedder.embed_urgent(texts)
        return self._embedder.embed_documents(texts)

    def close(self) -> None:
        """Flush and release the folder; a second call does nothing."""
        try:
            self._live.value.close()
        finally:
            self._generations.release()

    def _is_outdated(self) -> bool:
        return self._live.value.build not in (None, self.fingerprint.build)

    def _run(
        self,
        target: OpenGeneration,
        progress: ProgressCallback | None = None,
        *,
        standing: OpenGeneration | None = None,
        accept_empty: Collection[str] = (),
    ) -> SyncRun:
        return SyncRun(
            journal=target.journal,
            index=target.index,
            chunker=self._chunker,
            embedder=self._embedder,
            progress=progress,
            standing=standing and standing.journal.reader,
            accept_empty=accept_empty,
        )

    def _rebuild(
        self, connectors: Sequence[Connector], progress: ProgressCallback | None, accept_empty: Collection[str]
    ) -> SyncReport:
        """Build a second index beside the live one and switch when it is complete."""
        live = self._live.value
        self._run(live, accept_empty=accept_empty).revoke(connectors)
        successor = self._generations.open_successor(self.fingerprint)
        try:
            successor.mark(self.fingerprint)
            run = self._run(successor, progress, standing=live, accept_empty=accept_empty)
            report = run.apply(connectors, rebuilt=True)
            run.adopt()
            with successor.journal.write() as journal:
                journal.put_history(live.journal.reader.history())
            self._generations.switch(successor)
        except BaseException:
            successor.close()
            raise
        before = self._live.replace(successor)
        before.close()
        self._generations.discard(before.generation)
        return report

    def _optimize(self) -> None:
        try:
            self._live.value.index.optimize()
        except InputError as error:
            _LOG.warning("%s", error)  # everything is written; only searches are slower than they could be

    def _check(self, live: OpenGeneration) -> None:
        stored = live.query
        if stored is None:
            raise NotIndexedError("nothing has been synced yet; run: hybrid sync")
        if stored != self.fingerprint.query:
            raise IndexStateError("the index was built with another embedder; run: hybrid sync")
