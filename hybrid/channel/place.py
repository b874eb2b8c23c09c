"""Where the socket is, who may be at its other end, and which sources both ends mean."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import struct
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from hybrid.config import Settings

_NAME = "server.sock"
_LONGEST = 100
ROOT = 0
"""The user who may do everything anyway."""


def socket_of(index: Path) -> Path:
    """Return the place of the socket of whoever holds an index."""
    return index / _NAME


@contextmanager
def address_of(path: Path) -> Generator[str]:
    """Lend the name under which the system takes a socket: it may be much shorter than a path."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def is_own(connection: socket.socket) -> bool:
    """Whether the process at the other end runs for the same user as this one, or for root.

    Where the system does not say who it is, the mode of the socket has to do.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", found)
    return user in (os.geteuid(), ROOT)


def sources_of(settings: Settings) -> str:
    """Return a digest of what a sync reads and how; wherever the settings were read from, the same for the same."""
    sources = [
        {**table, "path": os.path.realpath(table["path"])} if "path" in table else table for table in settings.sources
    ]
    said = json.dumps([sources, settings.embedding.model_dump()], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()
