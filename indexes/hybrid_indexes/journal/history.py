"""How often an index's documents changed, read beside a process that holds the index."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from hybrid_indexes._workspace import live_generation
from hybrid_indexes.journal._connection import translated
from hybrid_indexes.journal._schema import today


def change_history(index: Path) -> tuple[int, int, list[tuple[int, int]]] | None:
    """Return the number of live documents, the days observed, and days ago with documents changed or removed then.

    Args:
        index: Folder of the index.

    Returns:
        None where there is no index, or one whose changes were not counted yet.

    Raises:
        IndexDamagedError: The journal is none.
        StorageError: It cannot be read.
    """
    journal = live_generation(index).journal
    if not journal.is_file():
        return None
    with (
        translated(),
        closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection,
    ):
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'history'").fetchone():
            return None
        (documents,) = connection.execute("SELECT count(*) FROM document").fetchone()
        rows = connection.execute("SELECT day, sum(documents) FROM history GROUP BY day ORDER BY day").fetchall()
    now = today()
    return documents, now - rows[0][0] + 1, [(now - day, count) for day, count in rows if count]
