"""Records are forgotten after as long as is configured: who was shown what, and what was asked."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

from hybrid.errors import StorageError
from hybrid.server.history import RECORDS

_LOG = logging.getLogger("hybrid.server")
_DAY = 86_400.0
# One statement holds the file's only write lock, for which answers wait.
_AT_ONCE = 5_000
_SHOWN = "DELETE FROM shown WHERE rowid IN (SELECT rowid FROM shown WHERE moment < ? ORDER BY rowid LIMIT ?)"
_OLD_ANSWERS = "(SELECT trace_id FROM answer WHERE moment < ? ORDER BY moment, trace_id LIMIT ?)"
# What hangs on an answer goes with it; the answer itself goes last.
_QUESTIONS = tuple(
    f"DELETE FROM {table} WHERE trace_id IN {_OLD_ANSWERS}"
    for table in ("pointed", "stage", "drawn", "feedback", "decision", "answer")
)


class Retention:
    """Forgets what is older than a number of days; 0 days forget nothing.

    Args:
        folder: The server's data.
        shown_days: For who was shown which document version.
        question_days: For questions with their ratings and decisions.
        clock: Seconds since 1970.
    """

    def __init__(self, folder: Path, *, shown_days: int, question_days: int, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._kinds = [(days, kind) for days, kind in ((shown_days, (_SHOWN,)), (question_days, _QUESTIONS)) if days]
        self._clock = clock

    async def keep(self) -> None:
        """Forget once a day, and at once, until cancelled."""
        while self._kinds:
            try:
                await asyncio.to_thread(self.forget)
            except StorageError as error:
                _LOG.error("nothing forgotten", extra={"fields": {"error": type(error).__name__}})
            await asyncio.sleep(_DAY)

    def forget(self) -> int:
        """Return how many showings and questions were too old and are gone.

        Raises:
            StorageError: The records cannot be written.
        """
        with opened(self._folder, "rw") as connection:
            now = self._clock()
            return sum(_forget(connection, kind, now - days * _DAY) for days, kind in self._kinds)


@contextmanager
def opened(folder: Path, mode: str) -> Generator[sqlite3.Connection]:
    """Open the records beside a server that may be writing.

    Args:
        folder: The server's data.
        mode: ``ro`` or ``rw``.

    Raises:
        StorageError: There are none, or they cannot be used.
    """
    path = (folder / RECORDS).absolute()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=30)) as connection:
            yield connection
    except sqlite3.Error as error:
        advice = "" if path.exists() else "; no server has written one here yet, see [server] data"
        raise StorageError(f"the audit log {str(path)!r} cannot be used: {error}{advice}") from None


def _forget(connection: sqlite3.Connection, statements: tuple[str, ...], before: float) -> int:
    gone = 0
    while True:
        with connection:
            counts = [connection.execute(statement, (before, _AT_ONCE)).rowcount for statement in statements]
        gone += counts[-1]
        if counts[-1] < _AT_ONCE:
            return gone
