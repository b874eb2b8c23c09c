"""One sync: every source planned and applied, document by document, in an order that survives being killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from hybrid.errors import ConfigError, SourceError
from hybrid.protocols import Chunker, Connector, Embedder, Index
from hybrid.sync import Outcome, ProgressCallback, SyncReport
from hybrid.types import Access, Document
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._rows import DocumentRow, FailureRow
from hybrid_indexes.journal._writes import JournalWriter
from hybrid_indexes.journal.journal import Journal
from hybrid_indexes.sync._plan import Change, SourcePlan, closed_copy, removed_sources
from hybrid_indexes.sync._tally import Tally
from hybrid_indexes.sync._write import DocumentWriter, Prepared, settle_pending

_CHUNKS_PER_BATCH = 256
_DOCUMENTS_PER_BATCH = 128
_REMOVALS = ("removed", "skipped")


class SyncRun:
    """Brings an index up to date with its sources.

    Args:
        journal: The truth about what is live.
        index: Holds the points.
        chunker: Cuts documents.
        embedder: Makes vectors.
        progress: Called after each document.
        standing: Knows which documents are live, where that is another journal than the one to bring up to date.
        accept_empty: Sources that may list nothing although they have live documents.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        index: Index,
        chunker: Chunker,
        embedder: Embedder,
        progress: ProgressCallback | None = None,
        standing: JournalReader | None = None,
        accept_empty: Collection[str] = (),
    ) -> None:
        self._journal = journal
        self._index = index
        self._writer = DocumentWriter(journal=journal, index=index, chunker=chunker, embedder=embedder)
        self._standing = standing or journal.reader
        self._accept_empty = frozenset(accept_empty)
        self._unlisted: dict[str, Connector] = {}
        self._tally = Tally(progress=progress)
        self._prepared: list[tuple[Change, Prepared]] = []
        self._rows: list[Change] = []

    def plan(self, connectors: Sequence[Connector]) -> SyncReport:
        """Return what ``apply`` would do, without writing anything."""
        started = time.perf_counter()
        for plan in self._plans(connectors):
            for change in plan.changes():
                self._tally.add(change.outcome)
        for change in removed_sources(_by_name(connectors), self._journal.reader):
            self._tally.add(change.outcome)
        return self._tally.report(seconds=time.perf_counter() - started, rebuilt=False, dry_run=True)

    def apply(self, connectors: Sequence[Connector], *, rebuilt: bool = False) -> SyncReport:
        """Make the index equal to the sources; documents that cannot be read keep their last good version."""
        started = time.perf_counter()
        settle_pending(self._journal, self._index)
        self._repair()
        self._work_through(connectors, SourcePlan.changes)
        self._writer.finish()
        self._tally.embedded = self._writer.embedded
        return self._tally.report(seconds=time.perf_counter() - started, rebuilt=rebuilt, dry_run=False)

    def revoke(self, connectors: Sequence[Connector]) -> None:
        """Do at once what needs no vectors: remove and rename documents, take readers away."""
        settle_pending(self._journal, self._index)
        self._work_through(connectors, SourcePlan.revocations)

    def adopt(self) -> None:
        """Take over from the standing journal what could not be read now; it is tried again next time.

        What an interrupted rebuild has written of it gives way: since then, readers may have been taken away.
        """
        failures = self._journal.reader.failures()
        standing = {row.id: row for name in self._standing.document_sources() for row in self._rows_of(name, failures)}
        self._write_again(self._standing.content(row) for row in standing.values())
        held = {row.id for name in self._unlisted for row in self._journal.reader.documents(name).values()}
        with self._journal.write() as journal:
            for document_id in (held | {failure.id for failure in failures}) - standing.keys():
                journal.remove_document(document_id)
            for failure in failures:
                journal.put_failure(failure.id, failure.source, failure.state, failure.error)
            for name in self._unlisted.keys() & self._standing.sources().keys():
                journal.put_source(name, *self._standing.sources()[name])
        settle_pending(self._journal, self._index)
        self._writer.finish()

    def _rows_of(self, source: str, failures: Sequence[FailureRow]) -> list[DocumentRow]:
        """Return the standing documents of a source that could not be read now."""
        rows = self._standing.documents(source).values()
        if source in self._unlisted:
            return [*rows]
        failed = {failure.id for failure in failures}
        return [row for row in rows if row.id in failed]

    def _work_through(self, connectors: Sequence[Connector], changes: Callable[[SourcePlan], Iterator[Change]]) -> None:
        plans = [*self._plans(connectors)]
        self._close_unlisted()
        for plan in plans:
            self._begin(plan)
            for change in changes(plan):
                self._apply(change)
            self._write_batch()
            self._remember(plan)
        self._drop_removed_sources(connectors)

    def _plans(self, connectors: Sequence[Connector]) -> Iterator[SourcePlan]:
        """Yield a plan for each source that can be listed; the others are reported and lose nothing."""
        named = _by_name(connectors)
        if unknown := sorted(self._accept_empty - named.keys()):
            raise ConfigError(f"no source is named {unknown[0]!r}, so it cannot be accepted empty; correct the name")
        plans: list[SourcePlan] = []
        for name, connector in named.items():
            try:
                plan = SourcePlan(connector, self._journal.reader)
                if not plan.listing.entries:
                    self._require_meant(name)
            except SourceError as error:
                self._leave_alone(connector, error)
            else:
                plans.append(plan)
        self._tally.total = sum(plan.total for plan in plans)
        yield from plans

    def _require_meant(self, name: str) -> None:
        """Refuse a listing that would take everything away: a share that is not mounted looks like an empty folder."""
        live = self._standing.document_count(name)
        if live and name not in self._accept_empty:
            raise SourceError(
                f"source {name!r} lists nothing although {live:,} of its documents are live; nothing was removed, "
                f"if that is meant run: hybrid sync --accept-empty {name}"
            )

    def _leave_alone(self, connector: Connector, error: SourceError) -> None:
        """Report a source that cannot be listed, and what that means for the readers of its documents."""
        name = connector.name
        self._unlisted[name] = connector
        documents = self._standing.document_count(name)
        if self._is_settled(connector):
            self._tally.unrefreshed += documents
        else:
            self._tally.closed += documents
        self._tally.add(Outcome(kind="failed", document_id=f"{name}:", detail=str(error)))

    def _is_settled(self, connector: Connector) -> bool:
        """Whether all documents of a source were last read under the settings it has now."""
        return self._standing.sources().get(connector.name, ("", None))[0] == connector.fingerprint

    def _close_unlisted(self) -> None:
        """Close what can neither be listed nor be known to have the readers that changed settings give it."""
        reader = self._journal.reader
        unsettled = [name for name, connector in self._unlisted.items() if not self._is_settled(connector)]
        rows = [row for name in unsettled for row in reader.documents(name).values()]
        with self._journal.write() as journal:
            for row in rows:
                if reader.scope(row.scope).access != Access():
                    # Without a state it is read again, even if the settings are put back before that.
                    journal.put_document(closed_copy(reader, row), state="", version=row.version)
        settle_pending(self._journal, self._index)

    def _begin(self, plan: SourcePlan) -> None:
        """Forget the settings that are about to be replaced: what is written from now on has others."""
        if not plan.same_settings:
            with self._journal.write() as journal:
                journal.forget_source(plan.name)

    def _apply(self, change: Change) -> None:
        if change.document is not None and change.kind in ("added", "changed"):
            self._prepared.append((change, self._writer.prepare(change.document, change.state)))
        elif change.document is not None or change.kind in ("failed", "removed", "skipped"):
            self._rows.append(change)
        else:
            self._tally.add(change.outcome)
        chunks = sum(len(prepared.chunks) for _, prepared in self._prepared)
        if chunks >= _CHUNKS_PER_BATCH or len(self._prepared) + len(self._rows) >= _DOCUMENTS_PER_BATCH:
            self._write_batch()

    def _write_batch(self) -> None:
        """Write what was collected: changes of readers at once, and removals last, because vectors are read back."""
        prepared, self._prepared = self._prepared, []
        rows, self._rows = self._rows, []
        removals = [change for change in rows if change.kind in _REMOVALS]
        self._write_rows([change for change in rows if change.kind not in _REMOVALS])
        if prepared:
            self._tally.chunks += self._writer.write([each for _, each in prepared])
        self._write_rows(removals)
        for change in (*(change for change, _ in prepared), *rows):
            self._tally.add(change.outcome)

    def _write_rows(self, changes: Sequence[Change]) -> None:
        if changes:
            with self._journal.write() as journal:
                for change in changes:
                    _write_row(journal, change)
            settle_pending(self._journal, self._index)

    def _remember(self, plan: SourcePlan) -> None:
        with self._journal.write() as journal:
            journal.put_source(plan.name, plan.fingerprint, plan.listing.cursor)
            journal.drop_failures(plan.name, (f"{plan.name}:{entry.path}" for entry in plan.listing.entries))

    def _drop_removed_sources(self, connectors: Sequence[Connector]) -> None:
        for change in list(removed_sources(_by_name(connectors), self._journal.reader)):
            self._apply(change)
        self._write_batch()
        with self._journal.write() as journal:
            journal.keep_sources(connector.name for connector in connectors)

    def _repair(self) -> None:
        """Write again what a damaged log or a power cut has taken from the engine, out of the journal; drop orphans."""
        held, expected = self._index.versions(), self._journal.reader.expected_points()
        self._index.remove([version for version in held if version not in expected])
        damaged = [version for version, points in expected.items() if held.get(version, 0) != points]
        reader = self._journal.reader
        self._write_again(reader.content(row) for row in reader.live(damaged).values())

    def _write_again(self, documents: Iterable[Document]) -> None:
        """Write documents as a journal holds them; their state is forgotten, so that their sources are asked again."""
        waiting: list[Prepared] = []
        for document in documents:
            waiting.append(self._writer.prepare(document, state=""))
            if sum(len(prepared.chunks) for prepared in waiting) >= _CHUNKS_PER_BATCH:
                self._writer.write(waiting)
                waiting = []
        if waiting:
            self._writer.write(waiting)


def _write_row(journal: JournalWriter, change: Change) -> None:
    """Write a change that needs no new chunks: a rename, a permission, a removal, a failure."""
    match change.kind, change.document, change.before:
        case "failed", document, before:
            if document is not None and before is not None:
                journal.put_document(document, state=before.state, version=before.version)
            source = change.document_id.partition(":")[0]
            journal.put_failure(change.document_id, source, change.state, change.detail)
        case "removed" | "skipped", _, _:
            journal.remove_document(change.document_id)
        case "renamed", Document() as document, DocumentRow() as before:
            journal.move_document(before.id, document, state=change.state)
        case "permissions", Document() as document, DocumentRow() as before:
            journal.put_document(document, state=change.state, version=before.version)
        case _:
            journal.touch_document(change.document_id, change.state)


def _by_name(connectors: Sequence[Connector]) -> dict[str, Connector]:
    named = {connector.name: connector for connector in connectors}
    if unusable := [name for name in named if not name or ":" in name]:
        raise ConfigError(f"{unusable[0]!r} cannot be the name of a source; use one without a colon")
    if len(named) != len(connectors):
        twice = sorted({c.name for c in connectors if sum(d.name == c.name for d in connectors) > 1})
        raise ConfigError(f"two sources are named {twice[0]!r}; give each source a name of its own")
    return named
