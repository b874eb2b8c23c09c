"""Shards of the embedded engine on disk: which one is current, and making the next one beside it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hybrid.errors import IndexDamagedError, IndexStateError
from hybrid_indexes._durable import write_durably
from hybrid_indexes._room import occupied, require_room

_POINTER = "current.json"
_LOWEST_PRIORITY = 19


@dataclass(frozen=True, kw_only=True)
class CurrentShard:
    """The shard that holds the index, and how large it was when it was last optimised."""

    name: str
    """Folder of the shard."""

    optimized_points: int
    """Number of points at the last optimisation."""


class ShardFolder:
    """The folder of an embedded index; it holds one current shard and, for a while, its successor."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def current(self) -> CurrentShard | None:
        """Return the current shard, or None in a new folder; what a killed run left beside it is removed.

        Raises:
            IndexDamagedError: What says which shard is current says nothing, or the shard is not there.
        """
        try:
            found = json.loads((self._root / _POINTER).read_text("utf-8"))
            current = CurrentShard(name=found["shard"], optimized_points=found["optimized_points"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise self._damaged(f"{_POINTER} names no shard") from None
        if not self.path(current.name).is_dir():
            raise self._damaged(f"{current.name} is missing")
        for path in self._root.iterdir():
            if path.is_dir() and path.name != current.name:
                shutil.rmtree(path, ignore_errors=True)
        return current

    def path(self, name: str) -> Path:
        """Return the folder of a shard."""
        return self._root / name

    def switch(self, current: CurrentShard) -> None:
        """Make another shard the current one, in one step that survives a crash on either side of it."""
        found = {"shard": current.name, "optimized_points": current.optimized_points}
        write_durably(self._root / _POINTER, json.dumps(found))

    def copy_to(self, folder: Path, current: CurrentShard) -> None:
        """Write the current shard, flushed and written by nobody, and the note that it is, into a new folder."""
        successor = ShardFolder(folder)
        shutil.copytree(self.path(current.name), successor.path(current.name))
        successor.switch(current)

    def discard(self, name: str) -> None:
        """Remove a shard that is no longer current; what cannot be removed now goes at the next start."""
        shutil.rmtree(self.path(name), ignore_errors=True)

    def optimized_copy(self, name: str) -> str:
        """Return the name of an optimised copy of a flushed shard nobody writes to.

        The engine holds Python's global lock while it optimises, so the work is done by a process of its own.

        Raises:
            IndexStateError: The copy could not be optimised; the current shard is untouched.
        StorageError: There is no room for a copy.
        """
        require_room(self._root, extra=2 * occupied(self.path(name)))
        # A name nobody used: the child of a killed process may still be writing into the copy it was given.
        successor = f"shard-{secrets.token_hex(4)}"
        shutil.copytree(self.path(name), self.path(successor))
        command = [sys.executable, "-m", "hybrid_indexes._optimize", str(self.path(successor))]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=_environment()
        )
        if done.returncode != 0:
            shutil.rmtree(self.path(successor), ignore_errors=True)
            last_line = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise IndexStateError(f"the index could not be optimised ({last_line}); it goes on unoptimised")
        return successor

    def _damaged(self, what: str) -> IndexDamagedError:
        return IndexDamagedError(
            f"the engine's folder is damaged ({what}); remove the folder {str(self._root)!r} and run: hybrid sync, "
            "which writes it again from the journal"
        )


def lower_priority() -> None:
    """Let everything else on the machine run before this process."""
    os.nice(_LOWEST_PRIORITY)


def _environment() -> dict[str, str]:
    """Return an environment in which the child finds the same packages, also from a checkout."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
