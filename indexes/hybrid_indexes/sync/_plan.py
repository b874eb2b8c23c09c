"""What changed in a source since the last sync, document by document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from hybrid.access import Scope, narrower
from hybrid.errors import AccessError, AccessUnclearError, EmptyDocumentError, ReadError
from hybrid.protocols import Connector, Entry, Listing
from hybrid.sync import ChangeKind, Outcome
from hybrid.types import Access, Document, MetadataValue
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._rows import DocumentRow
from hybrid_indexes.sync._checks import checked_document, checked_listing
from hybrid_indexes.sync._waiting import Waiting


@dataclass(frozen=True, kw_only=True)
class Change:
    """One document's change, with its content where there is any to write."""

    kind: ChangeKind
    """What kind of change it is."""

    document_id: str
    """``source:path``."""

    state: str = ""
    """State of the entry that was read."""

    document: Document | None = None
    """The document as read; None for ``unchanged`` without reading, ``removed`` and most of ``failed``."""

    before: DocumentRow | None = None
    """The live row that this change replaces."""

    detail: str = ""
    """The old id of a rename, the message of a failure."""

    @property
    def outcome(self) -> Outcome:
        """The change without its content."""
        return Outcome(kind=self.kind, document_id=self.document_id, detail=self.detail)


class SourcePlan:
    """The changes of one source, worked out against the journal.

    A source that could be listed completely, and only such a one, may lose documents.

    Args:
        connector: Reads the source.
        reader: Knows what is live.
    """

    def __init__(self, connector: Connector, reader: JournalReader) -> None:
        self._connector = connector
        self._reader = reader
        self.name = connector.name
        """Name of the source."""
        self.fingerprint = connector.fingerprint
        """Settings under which it was listed."""
        self._live = reader.documents(connector.name)
        fingerprint, cursor = reader.sources().get(connector.name, ("", None))
        self.same_settings = fingerprint == self.fingerprint
        """Whether the last complete listing had these settings too."""
        self.listing: Listing = checked_listing(connector, connector.list(cursor if self.same_settings else None))
        self._failed = {failure.id for failure in reader.failures(connector.name)}
        listed = {entry.path for entry in self.listing.entries}
        self._vanished = {path: row for path, row in self._live.items() if path not in listed}
        self._old_paths = {new: old for old, new in self.listing.renames.items()}

    @property
    def total(self) -> int:
        """Number of documents to deal with."""
        return len(self.listing.entries) + len(self._vanished)

    def changes(self) -> Iterator[Change]:
        """Yield each document's change; unchanged ones cost nothing but the listing.

        What needs vectors comes after what needs none, so that no change of readers waits for it; new content for other
        readers comes before other content. Removals are last: until all is read, a vanished document may have moved.
        """
        known = [entry for entry in self.listing.entries if entry.path in self._live]
        waiting = Waiting()
        for entry in known:
            change = self._unchanged(entry) or self._read(entry)
            if change.kind == "changed" and change.document and change.before:
                waiting.add(entry, change, first=not self._same_scope(change.document, change.before))
            else:
                yield change
        for entry, change in waiting.in_order():
            yield change or self._read(entry)
        for entry in self.listing.entries:
            if entry.path not in self._live:
                yield self._read(entry)
        for row in self._vanished.values():
            yield Change(kind="removed", document_id=row.id, before=row)

    def revocations(self) -> Iterator[Change]:
        """Yield what may be done at once because it needs no vectors: all but new content, whose time comes later."""
        for entry in self.listing.entries:
            # What is new can take nothing from anybody, unless a vanished document went there.
            if entry.path not in self._live and not self._vanished:
                continue
            change = self._unchanged(entry) or self._read(entry)
            if change.kind == "changed":
                yield self._narrowed(change)
            elif change.kind != "added":
                yield change
        for row in self._vanished.values():
            yield Change(kind="removed", document_id=row.id, before=row)

    def _narrowed(self, change: Change) -> Change:
        """Return the change that leaves the old content to those who may read the new content too."""
        assert change.before is not None
        assert change.document is not None
        kept = _for_readers_of_both(self._reader.content(change.before), change.document)
        # Without a state it is read again, and its content written then.
        return replace(change, kind="permissions", document=kept, state="")

    def _unchanged(self, entry: Entry) -> Change | None:
        row = self._live.get(entry.path)
        if row is None or not self.same_settings or row.state != entry.state or row.id in self._failed:
            return None
        return Change(kind="unchanged", document_id=row.id, before=row)

    def _read(self, entry: Entry) -> Change:
        document_id = f"{self._connector.name}:{entry.path}"
        try:
            document = checked_document(self._connector, entry, self._connector.read(entry))
        except EmptyDocumentError as error:
            before = self._live.get(entry.path)
            return Change(kind="skipped", document_id=document_id, before=before, detail=str(error))
        except (ReadError, AccessError) as error:
            return self._failure(entry, document_id, error)
        before = self._live.get(entry.path)
        if before is not None:
            kind = self._difference(document, before)
        else:
            before = self._renamed_from(document)
            kind = "renamed" if before else "added"
        detail = before.id if before and kind == "renamed" else ""
        return Change(
            kind=kind, document_id=document_id, state=entry.state, document=document, before=before, detail=detail
        )

    def _failure(self, entry: Entry, document_id: str, error: Exception) -> Change:
        """Return what to do about a document that cannot be read.

        It keeps its last good version; but where the settings or its own access list changed, nobody knows who may read
        it by the new ones, so that it is closed until it can be read.
        """
        before, detail = self._live.get(entry.path), str(error)
        unclear = not self.same_settings or isinstance(error, AccessError | AccessUnclearError)
        closed = closed_copy(self._reader, before) if before and unclear else None
        return Change(
            kind="failed", document_id=document_id, state=entry.state, document=closed, before=before, detail=detail
        )

    def _difference(self, document: Document, before: DocumentRow) -> ChangeKind:
        if self._reader.content_hash(before.version) != document.content_hash:
            return "changed"
        same_row = (document.uri, document.title, _exactly(document.metadata)) == (
            before.uri,
            before.title,
            _exactly(before.metadata),
        )
        return "unchanged" if self._same_scope(document, before) and same_row else "permissions"

    def _same_scope(self, document: Document, before: DocumentRow) -> bool:
        return scope_key(document) == _row_scope_key(self._reader.scope(before.scope))

    def _renamed_from(self, document: Document) -> DocumentRow | None:
        """Return the vanished document that this one was, by the source's word or by equal content."""
        told = self._vanished.get(self._old_paths.get(document.path, ""))
        if told is not None:
            same = self._reader.content_hash(told.version) == document.content_hash
            return self._vanished.pop(told.path) if same else None
        paths = self._vanished_by_content.get(document.content_hash, [])
        while paths:
            if row := self._vanished.pop(paths.pop(), None):
                return row
        return None

    @cached_property
    def _vanished_by_content(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, row in self._vanished.items():
            found.setdefault(self._reader.content_hash(row.version), []).append(path)
        return found


def closed_copy(reader: JournalReader, row: DocumentRow) -> Document:
    """Return a live document that nobody may read."""
    return replace(reader.content(row), access=Access())


def _for_readers_of_both(before: Document, after: Document) -> Document:
    """Return ``before``, readable for those only who may read it and may read ``after``."""
    same_tenant = before.tenant == after.tenant
    return replace(
        before,
        access=narrower(before.access, after.access) if same_tenant else Access(),
        valid_from=max(filter(None, (before.valid_from, after.valid_from)), default=None),
        valid_until=min(filter(None, (before.valid_until, after.valid_until)), default=None),
    )


def scope_key(document: Document) -> tuple[object, ...]:
    """Return what decides a document's scope."""
    start = document.valid_from.timestamp() if document.valid_from else float("-inf")
    end = document.valid_until.timestamp() if document.valid_until else float("inf")
    return (document.access, document.tenant, start, end)


def _row_scope_key(scope: Scope) -> tuple[object, ...]:
    return (scope.access, scope.tenant, scope.valid_from, scope.valid_until)


def _exactly(metadata: Mapping[str, MetadataValue]) -> str:
    """Return metadata as a text that tells 1, 1.0 and true apart, as filters do."""
    return json.dumps(dict(metadata), sort_keys=True)


def removed_sources(connectors: Mapping[str, Connector], reader: JournalReader) -> Iterator[Change]:
    """Yield the removal of every document whose source is no longer configured."""
    for name in reader.document_sources():
        if name not in connectors:
            for row in reader.documents(name).values():
                yield Change(kind="removed", document_id=row.id, before=row)
