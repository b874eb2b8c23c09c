"""One sync: every source planned and applied, document by document, in an order that survives being killed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from hybrid.errors import ConfigError, SourceError
from hybrid.protocols import Chunker, Connector, Embedder, Index
from hybrid.sync import Outcome, ProgressCallback, SyncReport
from hybrid.types import Document
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._rows import DocumentRow
from hybrid_indexes.journal._writes import JournalWriter
from hybrid_indexes.journal.journal import Journal
from hybrid_indexes.sync._plan import Change, SourcePlan, closed_copy, removed_sources
from hybrid_indexes.sync._tally import Tally
from hybrid_indexes.sync._write import DocumentWriter, Prepared, settle_pending

_CHUNKS_PER_BATCH = 256
_DOCUMENTS_PER_BATCH = 128


class SyncRun:
    """Brings an index up to date with its sources.

    Args:
        journal: The truth about what is live.
        index: Holds the points.
        chunker: Cuts documents.
        embedder: Makes vectors.
        progress: Called after each document.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        index: Index,
        chunker: Chunker,
        embedder: Embedder,
        progress: ProgressCallback | None = None,
    ) -> None:
        self._journal = journal
        self._index = index
        self._writer = DocumentWriter(journal=journal, index=index, chunker=chunker, embedder=embedder)
        self._tally = Tally(progress=progress)
        self._prepared: list[tuple[Change, Prepared]] = []
        self._rows: list[Change] = []

    def plan(self, connectors: Sequence[Connector]) -> SyncReport:
        """Return what ``apply`` would do, without writing anything."""
        started = time.perf_counter()
        for plan in self._plans(_by_name(connectors)):
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
        for plan in self._plans(_by_name(connectors)):
            for change in plan.changes():
                self._apply(change)
            self._write_batch()
            self._remember(plan)
        self._drop_removed_sources(connectors)
        self._writer.finish()
        self._tally.embedded = self._writer.embedded
        return self._tally.report(seconds=time.perf_counter() - started, rebuilt=rebuilt, dry_run=False)

    def adopt(self, connectors: Sequence[Connector], reader: JournalReader) -> None:
        """Take over, from the journal of another index, what could not be read now; it is tried again next time."""
        failures = self._journal.reader.failures()
        listed, held = self._journal.reader.sources(), set(self._journal.reader.document_ids())
        failed = {failure.id for failure in failures}
        for name, connector in _by_name(connectors).items():
            rows = [row for row in reader.documents(name).values() if row.id not in held]
            if name not in listed:
                self._write_again(reader.content(row) for row in rows)
                continue
            same_settings = reader.sources().get(name, ("", None))[0] == connector.fingerprint
            held_back = reader.content if same_settings else partial(closed_copy, reader)
            self._write_again(held_back(row) for row in rows if row.id in failed)
        with self._journal.write() as journal:
            for failure in failures:
                journal.put_failure(failure.id, failure.source, failure.state, failure.error)
        self._writer.finish()

    def _plans(self, connectors: dict[str, Connector]) -> Iterator[SourcePlan]:
        """Yield a plan for each source that can be listed; the others are reported and left alone."""
        plans: list[SourcePlan] = []
        for name, connector in connectors.items():
            try:
                plans.append(SourcePlan(connector, self._journal.reader))
            except SourceError as error:
                self._tally.add(Outcome(kind="failed", document_id=f"{name}:", detail=str(error)))
        self._tally.total = sum(plan.total for plan in plans)
        yield from plans

    def _apply(self, change: Change) -> None:
        if change.document is not None and change.kind in ("added", "changed"):
            self._prepared.append((change, self._writer.prepare(change.document, change.state)))
        elif change.document is not None or change.kind in ("failed", "removed"):
            self._rows.append(change)
        else:
            self._tally.add(change.outcome)
        chunks = sum(len(prepared.chunks) for _, prepared in self._prepared)
        if chunks >= _CHUNKS_PER_BATCH or len(self._prepared) + len(self._rows) >= _DOCUMENTS_PER_BATCH:
            self._write_batch()

    def _write_batch(self) -> None:
        """Write what was collected; new versions first, so that vectors of vanishing ones can still be read back."""
        prepared, self._prepared = self._prepared, []
        rows, self._rows = self._rows, []
        if prepared:
            self._tally.chunks += self._writer.write([each for _, each in prepared])
        if rows:
            with self._journal.write() as journal:
                for change in rows:
                    _write_row(journal, change)
            settle_pending(self._journal, self._index)
        for change in (*(change for change, _ in prepared), *rows):
            self._tally.add(change.outcome)

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
        case "removed", _, _:
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
