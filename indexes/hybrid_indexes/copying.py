"""Writing a copy of an index elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from hybrid.errors import StorageError
from hybrid_indexes._generations import OpenGeneration
from hybrid_indexes._room import length, require_room
from hybrid_indexes._workspace import Generation


@runtime_checkable
class Copyable(Protocol):
    """An index whose points lie in files of this machine."""

    def copy_to(self, folder: Path) -> None:
        """Write a copy into a folder that does not exist yet."""
        ...


def copy_generation(live: OpenGeneration, folder: Path) -> None:
    """Write journal and engine of a generation that nobody writes to into an empty folder.

    The points of a Qdrant server stay there: a sync after the restore makes them again from the journal's texts.

    Raises:
        StorageError: There is no room, or the folder cannot be written.
    """
    copy = Generation(path=folder)
    try:
        require_room(folder, extra=length(live.generation.path))
        live.journal.copy_to(copy.journal)
        if isinstance(live.index, Copyable):
            live.index.copy_to(copy.engine)
    except OSError as error:
        raise StorageError(
            f"{str(folder)!r} cannot be written: {error.strerror or error}; name another place"
        ) from None
