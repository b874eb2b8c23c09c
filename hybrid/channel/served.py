"""The index of a running server, for commands on the same machine."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hybrid.access import Narrowing
from hybrid.channel.calls import (
    PROGRESS,
    AccessCall,
    Call,
    DocumentCall,
    DocumentIdsCall,
    EmbedCall,
    HealthCall,
    SearchCall,
    SnapshotCall,
    SyncCall,
    TraceCall,
    raise_failure,
    written_call,
)
from hybrid.channel.place import ROOT, address_of, is_own, socket_of, sources_of
from hybrid.config import Settings
from hybrid.errors import StoppedError
from hybrid.health import IndexHealth
from hybrid.protocols import Connector, SearchTrace
from hybrid.sync import ProgressCallback, SyncReport
from hybrid.types import Access, Principal, SearchResult, StoredDocument

if TYPE_CHECKING:
    from hybrid.protocols import Vectors

_CONNECT_SECONDS = 5.0


def served_knowledge(settings: Settings) -> ServedKnowledge | None:
    """Return the index that a server on this machine holds, or None where none does.

    What a killed server left of its socket is no server. Only a process of the same user or of root is believed; root
    believes all.
    """
    path = socket_of(settings.index.path)
    if not hasattr(socket, "AF_UNIX") or not path.exists():
        return None
    try:
        _connected(path).close()
    except OSError:
        return None
    return ServedKnowledge(path, sources=sources_of(settings))


class ServedKnowledge:
    """Knowledge whose every method is called in the server that holds the index, over a connection of its own.

    Args:
        path: The server's socket.
        sources: Digest of the sources that whoever uses this has in mind.
    """

    def __init__(self, path: Path, *, sources: str) -> None:
        self._path = path
        self._sources = sources

    def plan(self, connectors: Sequence[Connector], *, accept_empty: Collection[str] = ()) -> SyncReport:
        """Return what ``sync`` would do.

        Raises:
            ConfigError: The server reads other sources: the configuration has changed since it was started.
        """
        return self._call(SyncCall(sources=self._sources, accept_empty=tuple(accept_empty), dry_run=True))

    def sync(
        self,
        connectors: Sequence[Connector],
        *,
        progress: ProgressCallback | None = None,
        accept_empty: Collection[str] = (),
    ) -> SyncReport:
        """Let the server sync its sources, after the sync that it may be at.

        Raises:
            ConfigError: The server reads other sources: the configuration has changed since it was started.
        """
        call = SyncCall(sources=self._sources, accept_empty=tuple(accept_empty), dry_run=False)
        return self._call(call, progress)

    def search(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Return the best readable passages, best first."""
        narrowed = None if narrowing is None else dict(narrowing)
        return self._call(
            SearchCall(question=question, principal=principal, limit=limit, narrowing=narrowed, moment=moment)
        )

    def trace(self, question: str, *, principal: Principal, depth: int = 200) -> SearchTrace:
        """Return each stage's ranking."""
        return self._call(TraceCall(question=question, principal=principal, depth=depth))

    def document(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        """Return the live version, or None where it does not exist or the principal may not read it."""
        return self._call(DocumentCall(document_id=document_id, principal=principal))

    def document_ids(self) -> Sequence[str]:
        """Return the ids of all live documents, sorted."""
        return self._call(DocumentIdsCall())

    def access(self, document_id: str) -> tuple[Access, str] | None:
        """Return access list and tenant of a live document, or None."""
        return self._call(AccessCall(document_id=document_id))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` rows of length one."""
        import numpy as np

        return np.asarray(self._call(EmbedCall(texts=list(texts))), dtype=np.float32)

    def health(self) -> IndexHealth:
        """Return counts, and where engine and journal disagree."""
        return self._call(HealthCall())

    def snapshot(self, folder: Path) -> None:
        """Let the server write a copy of its index."""
        self._call(SnapshotCall(folder=folder.absolute()))

    def close(self) -> None:
        """Do nothing: the server holds the index."""

    def _call(self, call: Call, progress: ProgressCallback | None = None) -> Any:
        with suppress(OSError), _connected(self._path) as connection, connection.makefile("rb") as answers:
            connection.sendall(written_call(call))
            for line in answers:
                found = json.loads(line)
                raise_failure(found)
                if "result" in found:
                    return type(call).result.validate_python(found["result"])
                if progress is not None:
                    progress(PROGRESS.validate_python(found["progress"]))
        raise StoppedError("the server that holds the index has ended; what it wrote stays, try again")


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_CONNECT_SECONDS)
        with address_of(path) as address:
            connection.connect(address)
        if not is_own(connection) and os.geteuid() != ROOT:
            raise PermissionError("the process at the other end runs for another user")
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    return connection
