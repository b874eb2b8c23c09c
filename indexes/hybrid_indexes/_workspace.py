"""The folder of an index: who holds it, and which of its generations is live."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from hybrid.errors import IndexDamagedError, IndexLockedError, StorageError
from hybrid_indexes._durable import write_durably

_LOCK = "lock"
_HOLDER = "holder.json"
_CURRENT = "current"
_FIRST = "generation-1"
_NAME = re.compile(r"generation-([1-9][0-9]*)")


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One complete index: a journal and an engine that were built by the same chunker and embedder."""

    path: Path
    """Its folder."""

    @property
    def journal(self) -> Path:
        """The journal's database file."""
        return self.path / "journal.sqlite"

    @property
    def engine(self) -> Path:
        """Folder of the embedded engine."""
        return self.path / "engine"


class Workspace:
    """The folder of an index, held by one process at a time.

    Args:
        path: The folder; made when absent.

    Raises:
        IndexLockedError: Another process holds it; the message names it.
        StorageError: The folder cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path / _LOCK)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            (path / _HOLDER).write_text(json.dumps({"pid": os.getpid(), "command": Path(sys.argv[0]).name}), "utf-8")
        except Timeout:
            raise IndexLockedError(_who_holds(path)) from None
        except OSError as error:
            self._lock.release()
            raise StorageError(f"the index folder {str(path)!r} cannot be used: {error.strerror}") from None

    def live(self) -> Generation:
        """Return the live generation; it may still be empty."""
        return Generation(path=self._path / f"generation-{self._live_number()}")

    def next(self) -> Generation:
        """Return the generation to build beside the live one; one that was begun before is continued."""
        return Generation(path=self._path / f"generation-{self._live_number() + 1}")

    def switch(self, generation: Generation) -> None:
        """Make another generation the live one, in one step that survives a crash on either side of it."""
        write_durably(self._path / _CURRENT, generation.path.name)

    def discard(self, generation: Generation) -> None:
        """Remove a generation."""
        shutil.rmtree(generation.path, ignore_errors=True)

    def older(self) -> list[Generation]:
        """Return what a killed run left of generations before the live one."""
        live = self._live_number()
        found = [(path, _NAME.fullmatch(path.name)) for path in sorted(self._path.glob("generation-*"))]
        return [Generation(path=path) for path, name in found if name and int(name[1]) < live]

    def release(self) -> None:
        """Let other processes in."""
        (self._path / _HOLDER).unlink(missing_ok=True)
        self._lock.release()

    def _live_number(self) -> int:
        return _live_number(self._path)


def live_generation(path: Path) -> Generation:
    """Return the live generation of an index folder, whoever holds it; it may be absent.

    Raises:
        IndexDamagedError: The folder does not say which it is.
    """
    return Generation(path=path / f"generation-{_live_number(path)}")


def _live_number(path: Path) -> int:
    file = path / _CURRENT
    try:
        said = file.read_text("utf-8", "replace").strip()
    except FileNotFoundError:
        said = _FIRST
    if name := _NAME.fullmatch(said):
        return int(name[1])
    raise IndexDamagedError(
        f"{str(file)!r} names no generation; write the name of the newest folder generation-N into it, or remove "
        "the index folder and run: hybrid sync"
    )


def _who_holds(path: Path) -> str:
    try:
        holder = json.loads((path / _HOLDER).read_text("utf-8"))
        who = f"process {holder['pid']} ({holder['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return f"the index {str(path)!r} is held by {who}; stop it or wait until it is done"
