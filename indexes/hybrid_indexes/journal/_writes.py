"""Changes to the journal, made inside one transaction."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from math import inf

import numpy as np

from hybrid.types import Chunk, Document
from hybrid_indexes.journal._rows import Action, point_id
from hybrid_indexes.journal._schema import today


@dataclass(frozen=True, kw_only=True)
class IndexedChunk:
    """A chunk with what the journal remembers about its indexing."""

    chunk: Chunk
    """The chunk."""

    indexed_hash: bytes
    """Hash of the indexed text under the embedder's fingerprint; equal hashes have equal vectors."""

    terms: tuple[int, ...]
    """Distinct BM25 term ids."""

    tokens: bytes = b""
    """Token vectors for late interaction; empty where the embedder has none."""


@dataclass(frozen=True)
class _DocumentColumns:
    """The columns of a document's row, in their order."""

    id: str
    source: str
    path: str
    state: str
    version: int
    scope: int
    uri: str
    title: str
    metadata: str


class JournalWriter:
    """One transaction; everything it changes becomes visible at once or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_version(self, document: Document, chunks: Sequence[IndexedChunk]) -> int:
        """Store a version that is not live yet, and note that its points may be in the engine from now on."""
        row = (
            document.content_hash,
            zlib.compress(document.text.encode("utf-8", "surrogatepass")),
            document.media_type,
            document.title_in_text,
            document.first_line,
            json.dumps(document.page_starts),
            len(chunks),
        )
        columns = "content_hash, text, media_type, title_in_text, first_line, page_starts, chunks"
        query = f"INSERT INTO version ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        version = self._connection.execute(query, row).lastrowid
        assert version is not None
        rows = (_chunk_row(point_id(version, ordinal), each) for ordinal, each in enumerate(chunks))
        self._connection.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self.note(version, "write")
        return version

    def put_document(self, document: Document, *, state: str, version: int) -> None:
        """Make ``version`` the live one of ``document``; a version it replaces is noted for removal."""
        row = _document_row(document, state, version, self.scope_of(document))
        before = self._replaced(document.id)
        self._connection.execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(row))
        self._connection.execute("DELETE FROM failure WHERE id = ?", (document.id,))
        if before is None or (before.version, before.scope) != (version, row.scope):
            if before is not None:
                self._count(before.version, before.scope, -1)
            self._count(version, row.scope, +1)
        if before is None or before.version != version:
            self.settle(version)
            if before is not None:
                self._count_change(before.version, version)
                self.note(before.version, "remove")
        elif (before.scope, before.metadata) != (row.scope, row.metadata):
            self.note(version, "payload")

    def move_document(self, old_id: str, document: Document, *, state: str) -> None:
        """Give a live version to another path: a rename costs no chunk and no vector."""
        before = self._replaced(old_id)
        assert before is not None
        moved = (document.id, document.source, document.path, old_id)
        self._connection.execute("UPDATE document SET id = ?, source = ?, path = ? WHERE id = ?", moved)
        self.put_document(document, state=state, version=before.version)

    def touch_document(self, document_id: str, state: str) -> None:
        """Remember that a document was read in this state and had not changed."""
        self._connection.execute("UPDATE document SET state = ? WHERE id = ?", (state, document_id))
        self._connection.execute("DELETE FROM failure WHERE id = ?", (document_id,))

    def remove_document(self, document_id: str) -> None:
        """Make a document disappear from every read; its points are noted for removal."""
        before = self._replaced(document_id)
        self._connection.execute("DELETE FROM failure WHERE id = ?", (document_id,))
        if before is not None:
            self._connection.execute("DELETE FROM document WHERE id = ?", (document_id,))
            self._count(before.version, before.scope, -1)
            self._add_history("removed")
            self.note(before.version, "remove")

    def forget_version(self, version: int) -> None:
        """Drop a version whose points have left the engine."""
        self._connection.execute(
            "DELETE FROM chunk WHERE id >= ? AND id < ?", (point_id(version, 0), point_id(version + 1, 0))
        )
        self._connection.execute("DELETE FROM version WHERE id = ?", (version,))
        self.settle(version)

    def note(self, version: int, action: Action) -> None:
        """Note what must be done in the engine even if this process dies."""
        self._connection.execute("INSERT OR REPLACE INTO pending VALUES (?, ?)", (version, action))

    def settle(self, version: int) -> None:
        """Strike out what was noted for a version."""
        self._connection.execute("DELETE FROM pending WHERE version = ?", (version,))

    def put_failure(self, document_id: str, source: str, state: str, error: str) -> None:
        """Remember that a document could not be read, so that it is tried again and reported."""
        row = (document_id, source, state, error, time.time())
        self._connection.execute("INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?)", row)

    def drop_failures(self, source: str, keep: Iterable[str]) -> None:
        """Forget failures of documents that the source no longer lists."""
        self._connection.execute(
            "DELETE FROM failure WHERE source = ? AND id NOT IN (SELECT value FROM json_each(?))",
            (source, json.dumps(list(keep))),
        )

    def put_source(self, name: str, fingerprint: str, cursor: str | None) -> None:
        """Remember a complete listing of a source."""
        self._connection.execute("INSERT OR REPLACE INTO source VALUES (?, ?, ?)", (name, fingerprint, cursor))

    def forget_source(self, name: str) -> None:
        """Forget under which settings a source was listed: its documents are no longer all of one kind."""
        self._connection.execute("DELETE FROM source WHERE name = ?", (name,))

    def keep_sources(self, names: Iterable[str]) -> None:
        """Forget sources that are no longer configured."""
        kept = json.dumps(list(names))
        for table, column in (("source", "name"), ("failure", "source")):
            self._connection.execute(
                f"DELETE FROM {table} WHERE {column} NOT IN (SELECT value FROM json_each(?))", (kept,)
            )

    def put_history(self, rows: Iterable[tuple[int, str, int]]) -> None:
        """Take over the days, kinds and counts of an index that this one replaces."""
        self._connection.execute("DELETE FROM history")
        self._connection.executemany("INSERT INTO history VALUES (?, ?, ?)", rows)

    def put_meta(self, key: str, value: str) -> None:
        """Store a setting of the index."""
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def scope_of(self, document: Document) -> int:
        """Return the scope of a document, made when it is the first of its kind."""
        key = (
            json.dumps(document.access.readers),
            json.dumps(document.access.denied),
            document.tenant,
            _moment(document.valid_from, -inf),
            _moment(document.valid_until, inf),
        )
        columns = "readers, denied, tenant, valid_from, valid_until"
        self._connection.execute(f"INSERT OR IGNORE INTO scope ({columns}) VALUES (?, ?, ?, ?, ?)", key)
        query = f"SELECT id FROM scope WHERE ({columns}) = (?, ?, ?, ?, ?)"
        return self._connection.execute(query, key).fetchone()[0]

    def _count_change(self, before: int, now: int) -> None:
        """Count a change of content; the same content cut or embedded anew is none."""
        query = "SELECT count(DISTINCT content_hash) FROM version WHERE id IN (?, ?)"
        if self._connection.execute(query, (before, now)).fetchone()[0] == 2:
            self._add_history("changed")

    def _add_history(self, kind: str) -> None:
        upsert = "INSERT INTO history VALUES (?, ?, 1) ON CONFLICT (day, kind) DO UPDATE SET documents = documents + 1"
        self._connection.execute(upsert, (today(), kind))

    def _replaced(self, document_id: str) -> _DocumentColumns | None:
        row = self._connection.execute("SELECT * FROM document WHERE id = ?", (document_id,)).fetchone()
        return _DocumentColumns(*row) if row else None

    def _count(self, version: int, scope: int, sign: int) -> None:
        """Add a version's chunks to the statistics of a scope, or take them out."""
        bounds = (point_id(version, 0), point_id(version + 1, 0))
        blobs = self._connection.execute("SELECT terms FROM chunk WHERE id >= ? AND id < ?", bounds).fetchall()
        counts: Counter[int] = Counter()
        for (blob,) in blobs:
            counts.update(np.frombuffer(blob, dtype=np.uint32).tolist())
        rows = [(term, scope, sign * count, sign * count) for term, count in counts.items()]
        upsert = "INSERT INTO term VALUES (?, ?, ?) ON CONFLICT (term, scope) DO UPDATE SET chunks = chunks + ?"
        self._connection.executemany(upsert, rows)
        if sign < 0:
            drop = "DELETE FROM term WHERE term = ? AND scope = ? AND chunks <= 0"
            self._connection.executemany(drop, [(term, scope) for term in counts])
        self._connection.execute("UPDATE scope SET chunks = chunks + ? WHERE id = ?", (sign * len(blobs), scope))


def _moment(moment: datetime | None, default: float) -> float:
    return default if moment is None else moment.timestamp()


def _document_row(document: Document, state: str, version: int, scope: int) -> _DocumentColumns:
    metadata = json.dumps(dict(document.metadata), sort_keys=True)
    return _DocumentColumns(
        document.id, document.source, document.path, state, version, scope, document.uri, document.title, metadata
    )


def _chunk_row(id_: int, indexed: IndexedChunk) -> tuple[object, ...]:
    chunk = indexed.chunk
    first_page, last_page = chunk.pages or (None, None)
    terms = np.asarray(indexed.terms, dtype=np.uint32).tobytes()
    heading = json.dumps(chunk.heading_path)
    return (
        id_,
        chunk.start,
        chunk.end,
        *chunk.lines,
        first_page,
        last_page,
        heading,
        indexed.indexed_hash,
        terms,
        indexed.tokens,
    )
