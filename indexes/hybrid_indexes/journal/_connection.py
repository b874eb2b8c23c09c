"""SQLite connections whose complaints are errors of hybrid, whichever statement or row they come with."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hybrid.errors import HybridError, IndexDamagedError, StorageError

# FULL: a commit survives a power cut.
_SETTINGS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;"
_WAIT_SECONDS = 30


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection that any thread may use, one at a time.

    Raises:
        StorageError: The file cannot be opened or written.
        IndexDamagedError: It is no database.
    """
    with translated():
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=_WAIT_SECONDS, factory=_Connection
        )
        try:
            connection.executescript(_SETTINGS)
        except sqlite3.Error:
            connection.close()
            raise
    return connection


@contextmanager
def translated() -> Generator[None]:
    """Raise what SQLite raises as the error that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _named(error) from error


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = None) -> sqlite3.Cursor:
        return super().cursor(_Cursor)

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        return self.cursor().executemany(*arguments)


class _Cursor(sqlite3.Cursor):
    def execute(self, *arguments: Any) -> _Cursor:
        try:
            return super().execute(*arguments)
        except sqlite3.Error as error:
            raise _named(error) from error

    def executemany(self, *arguments: Any) -> _Cursor:
        try:
            return super().executemany(*arguments)
        except sqlite3.Error as error:
            raise _named(error) from error

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except sqlite3.Error as error:
            raise _named(error) from error

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()  # row by row, ``__next__`` would be called in Python
        except sqlite3.Error as error:
            raise _named(error) from error


def _named(error: sqlite3.Error) -> HybridError | sqlite3.Error:
    """Return the error for whoever runs hybrid; mistakes in hybrid itself stay what they are."""
    message = str(error)
    if isinstance(error, sqlite3.OperationalError) and not message.startswith("no such"):
        return StorageError(f"the journal cannot be used ({message}); free some space or check permissions, then retry")
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.IntegrityError | sqlite3.InterfaceError):
        return error
    return IndexDamagedError(f"the journal is damaged ({message}); remove the index folder and sync again")
