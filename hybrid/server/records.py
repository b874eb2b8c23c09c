"""What the server remembers: who was shown which document version, what was asked, and how it was rated."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hybrid.errors import StorageError
from hybrid.types import Answer, Principal

Surface = Literal["answer", "search", "source"]
"""Where a document version was shown."""

Rating = Literal["up", "down"]

_CLOSEST = 3
_SCHEMA = """
CREATE TABLE IF NOT EXISTS shown (
    trace_id TEXT NOT NULL, moment REAL NOT NULL, surface TEXT NOT NULL, tenant TEXT NOT NULL, user TEXT,
    groups TEXT NOT NULL, document_id TEXT NOT NULL, version TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS shown_by_document ON shown (document_id, moment);
CREATE TABLE IF NOT EXISTS answer (
    trace_id TEXT PRIMARY KEY, moment REAL NOT NULL, asker TEXT NOT NULL, tenant TEXT NOT NULL, user TEXT,
    groups TEXT NOT NULL, question TEXT NOT NULL, status TEXT NOT NULL, support REAL NOT NULL, model TEXT NOT NULL,
    seconds REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS drawn (
    trace_id TEXT PRIMARY KEY REFERENCES answer (trace_id), experiment TEXT NOT NULL, variant TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pointed (
    trace_id TEXT NOT NULL REFERENCES answer (trace_id), place INTEGER NOT NULL, cited INTEGER NOT NULL,
    document_id TEXT NOT NULL, version TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    first_line INTEGER NOT NULL, last_line INTEGER NOT NULL, PRIMARY KEY (trace_id, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stage (
    trace_id TEXT NOT NULL REFERENCES answer (trace_id), name TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (trace_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decision (
    trace_id TEXT PRIMARY KEY REFERENCES answer (trace_id), moment REAL NOT NULL, reviewer TEXT NOT NULL,
    outcome TEXT NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS feedback (
    trace_id TEXT PRIMARY KEY REFERENCES answer (trace_id), moment REAL NOT NULL, rating TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A document version that a reader gets to see."""

    document_id: str
    """``source:path``."""

    version: str
    """Content hash."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Which variant of an experiment somebody was drawn into."""

    experiment: str
    """Name of the experiment."""

    variant: str
    """Label of the variant."""


class Records:
    """An SQLite file in write-ahead mode: readers such as the review desk never wait for the server.

    Any number of threads may use it. Questions are kept because refused ones are work for those who own the documents;
    answers and documents are not, only which versions were shown.

    Args:
        folder: Where ``server.sqlite3`` is; made when absent, for its owner alone.
        clock: Seconds since 1970.

    Raises:
        StorageError: The folder cannot be used.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(folder / "server.sqlite3", check_same_thread=False)
            self._connection.executescript(f"PRAGMA journal_mode=WAL; PRAGMA busy_timeout=5000; {_SCHEMA}")
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"{str(folder)!r} cannot hold the server's records: {error}; mend [server] data"
            ) from None

    def show(self, trace_id: str, principal: Principal, surface: Surface, shown: Iterable[Shown]) -> None:
        """Note that a principal is about to be shown document versions."""
        now, groups = self._clock(), _groups(principal)
        rows = [
            (trace_id, now, surface, principal.tenant, principal.user, groups, each.document_id, each.version)
            for each in dict.fromkeys(shown)
        ]
        if rows:
            self._write("INSERT INTO shown VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def answered(
        self, trace_id: str, asker: str, principal: Principal, answer: Answer, *, drawn: Drawn | None = None
    ) -> None:
        """Note an answer, so that it can be rated and reviewed.

        Args:
            trace_id: What the request is called.
            asker: Key of the identity, which alone may rate the answer.
            principal: Who asked.
            answer: What came of it.
            drawn: The variant that answered; None where it is no part of an experiment.
        """
        row = (
            trace_id, self._clock(), asker, principal.tenant, principal.user, _groups(principal), answer.question,
            answer.status, answer.support, answer.model, answer.timings.get("total", 0.0),
        )  # fmt: skip
        with self._guard, self._connection:
            insert = self._connection.executemany
            insert(f"INSERT INTO answer VALUES ({', '.join('?' * len(row))})", [row])
            insert("INSERT INTO pointed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", list(_pointed(trace_id, answer)))
            insert("INSERT INTO stage VALUES (?, ?, ?)", [(trace_id, *each) for each in answer.timings.items()])
            if drawn is not None:
                insert("INSERT INTO drawn VALUES (?, ?, ?)", [(trace_id, drawn.experiment, drawn.variant)])

    def rate(self, trace_id: str, asker: str, rating: Rating, reason: str) -> bool:
        """Note what the asker thinks of an answer, the last word counting; False where it is no answer of theirs."""
        with self._guard:
            found = self._connection.execute(
                "SELECT 1 FROM answer WHERE trace_id = ? AND asker = ?", (trace_id, asker)
            ).fetchone()
        if found is None:
            return False
        self._write("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)", [(trace_id, self._clock(), rating, reason)])
        return True

    def decide(self, trace_id: str, reviewer: str, outcome: str, note: str) -> None:
        """Note what a reviewer made of an answer; the last word counts, ``open`` takes it back."""
        row = (trace_id, self._clock(), reviewer, outcome, note)
        self._write("INSERT OR REPLACE INTO decision VALUES (?, ?, ?, ?, ?)", [row])

    def close(self) -> None:
        """Release the file; a second time does nothing."""
        with self._guard:
            self._connection.close()

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        with self._guard, self._connection:
            self._connection.executemany(statement, rows)


def _pointed(trace_id: str, answer: Answer) -> Iterator[tuple[str | int, ...]]:
    """Yield where an answer points, or what was closest to a question without one: places, no text."""
    cited = bool(answer.citations)
    for place, at in enumerate(answer.citations or answer.passages[:_CLOSEST]):
        yield trace_id, place, cited, at.document_id, at.version, at.start, at.end, *at.lines


def _groups(principal: Principal) -> str:
    return json.dumps(sorted(principal.groups), ensure_ascii=False)
