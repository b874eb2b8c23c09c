"""Room on the disk, asked for before the engine writes.

The engine writes through memory maps, and a write into a map for which the disk has no room left does not fail: it
kills the process (SIGBUS). So the embedded index stops while there is still room.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from hybrid.errors import StorageError

# Opening a shard takes 32 MB at once for its log.
_RESERVE = 64 * 2**20


def require_room(folder: Path, extra: int = 0) -> None:
    """Return when the disk of a folder has room for ``extra`` bytes and the reserve.

    Raises:
        StorageError: It has not; nothing was written.
    """
    free = shutil.disk_usage(folder).free
    if free < extra + _RESERVE:
        raise StorageError(
            f"the disk of the index has {free >> 20} MB left and {(extra + _RESERVE) >> 20} MB are needed; "
            "free some space, then run sync again"
        )


def length(folder: Path) -> int:
    """Return the bytes that the files of a folder hold, holes included: what a copy occupies."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def occupied(folder: Path) -> int:
    """Return the bytes that the files of a folder occupy."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
