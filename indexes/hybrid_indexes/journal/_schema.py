"""Tables of the journal. The journal is the truth; the engine holds what can be rebuilt from it and the sources."""

from __future__ import annotations

import sqlite3
import time

from hybrid.errors import IndexVersionError
from hybrid_indexes.journal._connection import translated

SCHEMA_VERSION = 2

_DAY = 86_400

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Documents that share readers, tenant and validity; engine filters name these ids and nothing else.
CREATE TABLE scope (
    id INTEGER PRIMARY KEY, readers TEXT NOT NULL, denied TEXT NOT NULL, tenant TEXT NOT NULL,
    valid_from REAL NOT NULL, valid_until REAL NOT NULL, chunks INTEGER NOT NULL DEFAULT 0,
    UNIQUE (readers, denied, tenant, valid_from, valid_until));

-- One immutable state of a document's content. Live is what a document row points at.
CREATE TABLE version (
    id INTEGER PRIMARY KEY AUTOINCREMENT, content_hash TEXT NOT NULL, text BLOB NOT NULL, media_type TEXT NOT NULL,
    title_in_text INTEGER NOT NULL, first_line INTEGER NOT NULL, page_starts TEXT NOT NULL, chunks INTEGER NOT NULL);
CREATE INDEX version_by_content ON version (content_hash);

CREATE TABLE document (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL,
    version INTEGER NOT NULL UNIQUE REFERENCES version (id), scope INTEGER NOT NULL REFERENCES scope (id),
    uri TEXT NOT NULL, title TEXT NOT NULL, metadata TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX document_by_source ON document (source);

-- id is version << 20 | ordinal, the same number as the engine's point id.
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    first_line INTEGER NOT NULL, last_line INTEGER NOT NULL, first_page INTEGER, last_page INTEGER,
    heading TEXT NOT NULL, indexed_hash BLOB NOT NULL, terms BLOB NOT NULL, tokens BLOB NOT NULL);
CREATE INDEX chunk_by_indexed_text ON chunk (indexed_hash);

-- In how many live chunks of a scope a term occurs: the statistics of BM25, summed over a principal's scopes.
CREATE TABLE term (
    term INTEGER NOT NULL, scope INTEGER NOT NULL, chunks INTEGER NOT NULL,
    PRIMARY KEY (term, scope)) WITHOUT ROWID;

-- What must still be done in the engine; redone after a crash before anything else.
CREATE TABLE pending (
    version INTEGER PRIMARY KEY, action TEXT NOT NULL CHECK (action IN ('write', 'remove', 'payload')));

CREATE TABLE failure (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL,
    at REAL NOT NULL) WITHOUT ROWID;

CREATE TABLE source (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, cursor TEXT) WITHOUT ROWID;
"""

# Added without another format: a hybrid that does not know it leaves it alone.
_HISTORY = """
-- How many documents changed their content on a day (days since 1970, UTC), for advice on what belongs in an index.
CREATE TABLE IF NOT EXISTS history (
    day INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('begun', 'changed', 'removed')),
    documents INTEGER NOT NULL, PRIMARY KEY (day, kind)) WITHOUT ROWID;
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Create the tables in a new journal, or check that an existing one can be read.

    Raises:
        IndexVersionError: Another version of hybrid made it.
        IndexDamagedError: The file is no journal.
    """
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found == 0:
        with translated():
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif found > SCHEMA_VERSION:
        raise IndexVersionError(
            f"the index has format {found}, this hybrid reads up to {SCHEMA_VERSION}; "
            "upgrade hybrid or name another index path"
        )
    elif found < SCHEMA_VERSION:
        raise IndexVersionError(
            f"the index has the old format {found}, this hybrid reads {SCHEMA_VERSION}; "
            "remove the index folder and run: hybrid sync"
        )
    with translated():
        connection.executescript(_HISTORY)
        connection.execute(
            "INSERT INTO history SELECT ?, 'begun', 0 WHERE NOT EXISTS (SELECT 1 FROM history)", (today(),)
        )


def today() -> int:
    """Return the number of whole days since 1970 (UTC)."""
    return int(time.time() // _DAY)
