"""Opening the journal, transactions, and a reader for each thread."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from hybrid.errors import IndexDamagedError, StorageError
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._schema import prepare
from hybrid_indexes.journal._writes import JournalWriter


class Journal:
    """The truth about an index: live versions, their text, scopes and term statistics.

    One writer at a time, any number of readers in any thread; a commit is durable when it returns.

    Args:
        path: The database file; made when absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._local = threading.local()
        self._writer = self._connect()
        prepare(self._writer)

    @contextmanager
    def write(self) -> Generator[JournalWriter]:
        """Open a transaction; it commits when the block ends and rolls back when the block raises.

        Raises:
            StorageError: The disk is full or refuses; what was committed before stays valid.
        """
        with self._guard, _translated(self._path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield JournalWriter(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @property
    def reader(self) -> JournalReader:
        """The reader of the current thread."""
        reader: JournalReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = JournalReader(self._connect())
        return reader

    def close(self) -> None:
        """Close every connection; readers of other threads must be done."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _connect(self) -> sqlite3.Connection:
        with _translated(self._path):
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
            # FULL: a commit survives a power cut; the engine is flushed before the journal says so.
            connection.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
            )
        self._connections.append(connection)
        return connection


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"{path.name}: {error}; free some space or check permissions, then run sync again"
        ) from error
    except sqlite3.DatabaseError as error:
        raise IndexDamagedError(f"{path.name}: {error}; remove the index folder and sync again") from error
