"""Reading what a server remembers, beside one that may be writing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hybrid.errors import StorageError

RECORDS = "server.sqlite3"
"""Name of the records' file in the server's data folder."""


def remembered(folder: Path, query: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """Return rows of the records.

    Args:
        folder: The server's data folder.
        query: An SQL query.
        parameters: Values for its question marks.

    Raises:
        StorageError: There are no records, or they cannot be read.
    """
    file = folder / RECORDS
    if not file.is_file():
        raise StorageError(f"{str(file)!r} does not exist, so nothing was answered yet; run hybrid serve first")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query, parameters).fetchall()
    except sqlite3.Error as error:
        old = str(error).startswith("no such")
        what = "let this version of hybrid serve it once" if old else "put back a copy of it, or move it away"
        raise StorageError(f"{str(file)!r} cannot be read: {error}; {what}") from None
