"""Opening the journal, transactions, and a reader for each thread."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from hybrid_indexes.journal._connection import connect, translated
from hybrid_indexes.journal._reads import JournalReader
from hybrid_indexes.journal._schema import prepare
from hybrid_indexes.journal._writes import JournalWriter


class Journal:
    """The truth about an index: live versions, their text, scopes and term statistics.

    One writer at a time, any number of readers in any thread; a commit is durable when it returns.

    Args:
        path: The database file; made when absent.

    Raises:
        IndexVersionError: Another version of hybrid made it.
        IndexDamagedError: It is no journal.
        StorageError: It cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connections: set[sqlite3.Connection] = set()
        self._guard = threading.Lock()
        self._local = threading.local()
        self._writer = self._connect()
        try:
            prepare(self._writer)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def write(self) -> Generator[JournalWriter]:
        """Open a transaction; it commits when the block ends and rolls back when the block raises.

        Raises:
            StorageError: The disk is full or refuses; what was committed before stays valid.
        """
        with self._guard:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield JournalWriter(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def paused(self) -> Generator[None]:
        """Let nothing be committed while the block runs."""
        with self._guard:
            yield

    def copy_to(self, path: Path) -> None:
        """Write everything that is committed into a new file.

        Raises:
            StorageError: The disk is full or refuses.
        """
        with self._guard, translated(), closing(sqlite3.connect(path)) as copy:
            self._writer.backup(copy)

    @property
    def reader(self) -> JournalReader:
        """The reader of the current thread."""
        reader: JournalReader | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = self._connect()
            weakref.finalize(threading.current_thread(), _close, self._connections, connection).atexit = False
            reader = self._local.reader = JournalReader(connection)
        return reader

    def close(self) -> None:
        """Close every connection; readers of other threads must be done."""
        for connection in list(self._connections):
            _close(self._connections, connection)

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        self._connections.add(connection)
        return connection


def _close(connections: set[sqlite3.Connection], connection: sqlite3.Connection) -> None:
    connections.discard(connection)
    connection.close()
