"""Who was shown which document version: read by operators, and forgotten after as long as is configured."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hybrid.errors import StorageError

_LOG = logging.getLogger("hybrid.server")
_FILE = "server.sqlite3"
_DAY = 86_400.0
# One statement holds the file's only write lock, for which answers wait.
_AT_ONCE = 5_000
_COLUMNS = ("moment", "document_id", "version", "user", "groups", "tenant", "surface", "trace_id")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which lines of the log; what is None does not matter."""

    document: str | None = None
    """Id, or path within its source."""

    user: str | None = None
    """Who was shown it."""

    trace_id: str | None = None
    """In the answer to which request."""

    since: datetime | None = None
    """First moment."""

    until: datetime | None = None
    """First moment that is too late."""


def shown_lines(folder: Path, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield the lines of the log as JSON values, oldest first; a running server goes on meanwhile.

    Args:
        folder: The server's data.
        wanted: Which lines.

    Raises:
        StorageError: There is no log, or it cannot be read.
    """
    conditions = {
        "(document_id = :document OR substr(document_id, instr(document_id, ':') + 1) = :document)": wanted.document,
        "user = :user": wanted.user,
        "trace_id = :trace_id": wanted.trace_id,
        "moment >= :since": wanted.since,
        "moment < :until": wanted.until,
    }
    where = " AND ".join(text for text, value in conditions.items() if value is not None) or "TRUE"
    values = {
        "document": wanted.document,
        "user": wanted.user,
        "trace_id": wanted.trace_id,
        "since": wanted.since and wanted.since.timestamp(),
        "until": wanted.until and wanted.until.timestamp(),
    }
    with _opened(folder, "ro") as connection:
        rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM shown WHERE {where} ORDER BY rowid", values)
        for row in rows:
            yield _line(dict(zip(_COLUMNS, row, strict=True)))


class Retention:
    """Forgets lines that are older than a number of days.

    Args:
        folder: The server's data.
        days: 0 forgets nothing.
        clock: Seconds since 1970.
    """

    def __init__(self, folder: Path, *, days: int, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._days = days
        self._clock = clock

    async def keep(self) -> None:
        """Forget once a day, and at once, until cancelled."""
        while self._days:
            try:
                await asyncio.to_thread(self.forget)
            except StorageError as error:
                _LOG.error("nothing forgotten", extra={"fields": {"error": type(error).__name__}})
            await asyncio.sleep(_DAY)

    def forget(self) -> int:
        """Return how many lines were too old and are gone.

        Raises:
            StorageError: The log cannot be written.
        """
        statement = "DELETE FROM shown WHERE rowid IN (SELECT rowid FROM shown WHERE moment < ? ORDER BY rowid LIMIT ?)"
        before, gone = self._clock() - self._days * _DAY, 0
        with _opened(self._folder, "rw") as connection:
            while True:
                with connection:
                    deleted = connection.execute(statement, (before, _AT_ONCE)).rowcount
                gone += deleted
                if deleted < _AT_ONCE:
                    return gone


@contextmanager
def _opened(folder: Path, mode: str) -> Generator[sqlite3.Connection]:
    path = (folder / _FILE).absolute()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=30)) as connection:
            yield connection
    except sqlite3.Error as error:
        advice = "" if path.exists() else "; no server has written one here yet, see [server] data"
        raise StorageError(f"the audit log {str(path)!r} cannot be used: {error}{advice}") from None


def _line(row: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromtimestamp(row["moment"], UTC).isoformat(timespec="milliseconds")
    return {**row, "moment": moment, "groups": json.loads(row["groups"])}
