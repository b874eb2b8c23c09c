"""Questions to the journal, asked over one read connection."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from hybrid.access import Scope
from hybrid.types import Access, Document
from hybrid_indexes.journal._memory import Memory
from hybrid_indexes.journal._rows import Action, ChunkRow, DocumentRow, FailureRow, VersionRow

_REMEMBERED_VERSIONS = 256
# The year 10000, which a datetime cannot say.
_AFTER_THE_CALENDAR = 253_402_300_800

_DOCUMENT = "SELECT id, source, path, state, version, scope, uri, title, metadata FROM document"


class JournalReader:
    """Reads of one thread; what it remembers is dropped as soon as anything was committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._revision = -1
        self._in_snapshot = False
        self._forget()
        # Versions never change and their numbers are never used again, so they may be remembered for good.
        self._versions = Memory[VersionRow](capacity=_REMEMBERED_VERSIONS)

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Let every read in the block see the same moment."""
        self._connection.execute("BEGIN")
        try:
            self.revision()
            self._in_snapshot = True
            yield
        finally:
            self._in_snapshot = False
            self._connection.execute("COMMIT")

    def revision(self) -> int:
        """Return a number that changes when any connection of any process has committed."""
        if not self._in_snapshot:
            (revision,) = self._connection.execute("PRAGMA data_version").fetchone()
            if revision != self._revision:
                self._revision = revision
                self._forget()
        return self._revision

    def scopes(self) -> tuple[Scope, ...]:
        """Return every scope, in the order of its id."""
        return tuple(self._scopes_by_id().values())

    def scope(self, scope_id: int) -> Scope:
        """Return one scope."""
        return self._scopes_by_id()[scope_id]

    def chunk_count(self, scopes: tuple[int, ...]) -> int:
        """Return the number of live chunks in the scopes."""
        self.revision()
        if scopes not in self._chunk_counts:
            query = "SELECT coalesce(sum(chunks), 0) FROM scope WHERE id IN (SELECT value FROM json_each(?))"
            self._chunk_counts[scopes] = self._connection.execute(query, (json.dumps(scopes),)).fetchone()[0]
        return self._chunk_counts[scopes]

    def term_frequencies(self, terms: Collection[int], scopes: tuple[int, ...]) -> Mapping[int, int]:
        """Return in how many live chunks of the scopes each term occurs; terms that never occur are left out."""

        def read(unknown: list[int]) -> dict[int, int]:
            query = (
                "SELECT term, sum(chunks) FROM term WHERE term IN (SELECT value FROM json_each(?)) "
                "AND scope IN (SELECT value FROM json_each(?)) GROUP BY term"
            )
            return dict(self._connection.execute(query, (json.dumps(unknown), json.dumps(scopes))).fetchall())

        self.revision()
        return self._frequencies.setdefault(scopes, Memory[int]()).get(terms, read)

    def live(self, versions: Iterable[int]) -> dict[int, DocumentRow]:
        """Return the documents of those versions that are live, by version."""

        def read(unknown: list[int]) -> dict[int, DocumentRow]:
            query = f"{_DOCUMENT} WHERE version IN (SELECT value FROM json_each(?))"
            rows = self._connection.execute(query, (json.dumps(unknown),)).fetchall()
            return {row[4]: _document(row) for row in rows}

        self.revision()
        return self._rows.get([*versions], read)

    def live_places(self, versions: Collection[int]) -> dict[int, tuple[str, int]]:
        """Return document id and scope of those versions that are live, by version; cheaper than ``live``."""

        def read(unknown: list[int]) -> dict[int, tuple[str, int]]:
            query = "SELECT version, id, scope FROM document WHERE version IN (SELECT value FROM json_each(?))"
            rows = self._connection.execute(query, (json.dumps(unknown),)).fetchall()
            return {version: (document_id, scope) for version, document_id, scope in rows}

        self.revision()
        return self._places.get(versions, read)

    def document(self, document_id: str) -> DocumentRow | None:
        """Return a live document by id."""
        row = self._connection.execute(f"{_DOCUMENT} WHERE id = ?", (document_id,)).fetchone()
        return _document(row) if row else None

    def document_or_next(self, document_id: str) -> DocumentRow | None:
        """Return a live document by id, or where there is none the next one in the order of ids, if any.

        Whoever judges access reads it for both, so that the clock does not tell an absent document from a hidden one.
        """
        row = self._connection.execute(f"{_DOCUMENT} WHERE id >= ? ORDER BY id LIMIT 1", (document_id,)).fetchone()
        return _document(row) if row else None

    def documents(self, source: str) -> dict[str, DocumentRow]:
        """Return the live documents of a source, by path."""
        rows = self._connection.execute(f"{_DOCUMENT} WHERE source = ?", (source,))
        return {row[2]: _document(row) for row in rows}

    def document_count(self, source: str) -> int:
        """Return the number of live documents of a source."""
        return self._connection.execute("SELECT count(*) FROM document WHERE source = ?", (source,)).fetchone()[0]

    def content(self, row: DocumentRow) -> Document:
        """Return a live document as its connector once read it."""
        version, scope = self.version(row.version), self.scope(row.scope)
        return Document(
            source=row.source,
            path=row.path,
            uri=row.uri,
            title=row.title,
            text=version.text,
            media_type=version.media_type,
            access=scope.access,
            metadata=row.metadata,
            tenant=scope.tenant,
            valid_from=_moment(scope.valid_from),
            valid_until=_moment(scope.valid_until),
            first_line=version.first_line,
            page_starts=version.page_starts,
            title_in_text=version.title_in_text,
        )

    def document_ids(self) -> list[str]:
        """Return all live documents' ids, sorted."""
        return [row[0] for row in self._connection.execute("SELECT id FROM document ORDER BY id")]

    def ended(self, moment: float) -> list[str]:
        """Return the ids of live documents whose validity ends at a moment (seconds since 1970) or before, sorted."""
        query = "SELECT document.id FROM document JOIN scope ON scope.id = scope WHERE valid_until <= ? ORDER BY 1"
        return [row[0] for row in self._connection.execute(query, (moment,))]

    def document_sources(self) -> list[str]:
        """Return the names of the sources that have live documents, also of one never listed to its end."""
        return [row[0] for row in self._connection.execute("SELECT DISTINCT source FROM document ORDER BY source")]

    def sources(self) -> dict[str, tuple[str, str | None]]:
        """Return fingerprint and cursor of each source at its last complete listing, by name."""
        return {name: (mark, cursor) for name, mark, cursor in self._connection.execute("SELECT * FROM source")}

    def history(self) -> list[tuple[int, str, int]]:
        """Return day (since 1970, UTC), kind and number of documents of what changed, oldest first."""
        return self._connection.execute("SELECT day, kind, documents FROM history ORDER BY day, kind").fetchall()

    def failures(self, source: str | None = None) -> list[FailureRow]:
        """Return the documents that could not be read at the last try."""
        where = "" if source is None else " WHERE source = ?"
        query = f"SELECT id, source, state, error FROM failure{where} ORDER BY id"
        rows = self._connection.execute(query, () if source is None else (source,))
        return [FailureRow(id=id_, source=source_, state=state, error=error) for id_, source_, state, error in rows]

    def chunks(self, ids: Sequence[int]) -> dict[int, ChunkRow]:
        """Return chunks by point id."""

        def read(unknown: list[int]) -> dict[int, ChunkRow]:
            query = (
                'SELECT id, start, "end", first_line, last_line, first_page, last_page, heading FROM chunk '
                "WHERE id IN (SELECT value FROM json_each(?))"
            )
            rows = self._connection.execute(query, (json.dumps(unknown),)).fetchall()
            return {row[0]: _chunk(row) for row in rows}

        self.revision()
        return self._chunks.get(ids, read)

    def tokens(self, ids: Collection[int]) -> dict[int, bytes]:
        """Return the stored token vectors of chunks, by point id."""
        query = "SELECT id, tokens FROM chunk WHERE id IN (SELECT value FROM json_each(?))"
        return dict(self._connection.execute(query, (json.dumps(list(ids)),)).fetchall())

    def version(self, version_id: int) -> VersionRow:
        """Return one version with its text."""
        return self.versions([version_id])[version_id]

    def versions(self, ids: Collection[int]) -> dict[int, VersionRow]:
        """Return versions with their texts, by number; one statement for all, because each lets other threads in."""

        def read(unknown: list[int]) -> dict[int, VersionRow]:
            query = (
                "SELECT id, content_hash, text, media_type, title_in_text, first_line, page_starts FROM version "
                "WHERE id IN (SELECT value FROM json_each(?))"
            )
            rows = self._connection.execute(query, (json.dumps(unknown),)).fetchall()
            return {row[0]: _version(row) for row in rows}

        return self._versions.get(ids, read)

    def content_hash(self, version_id: int) -> str:
        """Return the content hash of a version."""
        return self._connection.execute("SELECT content_hash FROM version WHERE id = ?", (version_id,)).fetchone()[0]

    def chunks_with(self, indexed_hashes: Collection[bytes]) -> dict[bytes, int]:
        """Return one stored chunk for each of these indexed texts that was embedded before."""
        query = "SELECT max(id) FROM chunk WHERE indexed_hash = ?"
        found = ((mark, self._connection.execute(query, (mark,)).fetchone()[0]) for mark in indexed_hashes)
        return {mark: chunk for mark, chunk in found if chunk is not None}

    def pending(self) -> Iterator[tuple[int, Action]]:
        """Return what must still be done in the engine: version and action."""
        yield from self._connection.execute("SELECT version, action FROM pending ORDER BY version").fetchall()

    def expected_points(self) -> dict[int, int]:
        """Return the number of chunks of every live version."""
        query = "SELECT version.id, version.chunks FROM version JOIN document ON document.version = version.id"
        return dict(self._connection.execute(query))

    def meta(self, key: str) -> str | None:
        """Return a setting of the index."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _forget(self) -> None:
        """Drop what is remembered of one revision."""
        self._scopes: dict[int, Scope] | None = None
        self._chunk_counts: dict[tuple[int, ...], int] = {}
        self._frequencies: dict[tuple[int, ...], Memory[int]] = {}
        self._places = Memory[tuple[str, int]]()
        self._rows = Memory[DocumentRow]()
        self._chunks = Memory[ChunkRow]()

    def _scopes_by_id(self) -> dict[int, Scope]:
        self.revision()
        if self._scopes is None:
            rows = self._connection.execute(
                "SELECT id, readers, denied, tenant, valid_from, valid_until FROM scope ORDER BY id"
            )
            self._scopes = {row[0]: _scope(row) for row in rows}
        return self._scopes


def _version(row: tuple[int, str, bytes, str, int, int, str]) -> VersionRow:
    id_, content_hash, text, media_type, title_in_text, first_line, page_starts = row
    return VersionRow(
        id=id_,
        content_hash=content_hash,
        text=zlib.decompress(text).decode("utf-8", "surrogatepass"),
        media_type=media_type,
        title_in_text=bool(title_in_text),
        first_line=first_line,
        page_starts=tuple(json.loads(page_starts)),
    )


def _scope(row: tuple[int, str, str, str, float, float]) -> Scope:
    id_, readers, denied, tenant, valid_from, valid_until = row
    access = Access(readers=tuple(json.loads(readers)), denied=tuple(json.loads(denied)))
    return Scope(id=id_, access=access, tenant=tenant, valid_from=valid_from, valid_until=valid_until)


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if abs(seconds) < _AFTER_THE_CALENDAR else None


def _document(row: tuple[str, str, str, str, int, int, str, str, str]) -> DocumentRow:
    id_, source, path, state, version, scope, uri, title, metadata = row
    return DocumentRow(
        id=id_,
        source=source,
        path=path,
        state=state,
        version=version,
        scope=scope,
        uri=uri,
        title=title,
        metadata=json.loads(metadata),
    )


def _chunk(row: tuple[int, int, int, int, int, int | None, int | None, str]) -> ChunkRow:
    id_, start, end, first_line, last_line, first_page, last_page, heading = row
    pages = None if first_page is None or last_page is None else (first_page, last_page)
    return ChunkRow(
        id=id_,
        start=start,
        end=end,
        lines=(first_line, last_line),
        pages=pages,
        heading_path=tuple(json.loads(heading)),
    )
