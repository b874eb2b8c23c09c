"""Who was shown which document version, for operators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hybrid.server.retention import opened

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
    with opened(folder, "ro") as connection:
        rows = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM shown WHERE {where} ORDER BY rowid", values)
        for row in rows:
            yield _line(dict(zip(_COLUMNS, row, strict=True)))


def _line(row: dict[str, Any]) -> dict[str, Any]:
    moment = datetime.fromtimestamp(row["moment"], UTC).isoformat(timespec="milliseconds")
    return {**row, "moment": moment, "groups": json.loads(row["groups"])}
