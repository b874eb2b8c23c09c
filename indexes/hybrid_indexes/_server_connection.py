"""Talking to a Qdrant server: where it is, who may use it, what is tried again, and errors that say what to do."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from hybrid.errors import ConfigError
from hybrid_indexes._server_faults import fault_of

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

T = TypeVar("T")

_TIMEOUT_SECONDS = 30
_PAUSES = (0.1, 0.5, 2.0)


@dataclass(frozen=True, kw_only=True)
class QdrantServer:
    """A Qdrant server or cluster, and how new collections are laid out on it.

    Raises:
        ConfigError: The url is none, or would carry the API key in the clear to another machine.

    Example:
        >>> QdrantServer(url="https://qdrant.example").address
        'https://qdrant.example:6333'
    """

    url: str
    """``https://HOST:6333``; plain ``http`` is for this machine, or for a network without an API key."""

    api_key_env: str = "QDRANT_API_KEY"
    """Name of the environment variable that holds the API key; unset means no key."""

    prefer_grpc: bool = False
    """Whether to speak gRPC (port 6334), which is faster for large batches."""

    shard_number: int | None = None
    """Shards of a new collection; the server's default when left out."""

    replication_factor: int | None = None
    """Copies of each shard of a new collection."""

    write_consistency_factor: int | None = None
    """Copies that must confirm a write to a new collection."""

    client: QdrantClient | None = None
    """An open client to use instead of connecting; whoever made it closes it."""

    def __post_init__(self) -> None:
        """Refuse a url that cannot work or would give the key away; the message repeats no part of it but the host."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("the url of the Qdrant server must look like https://HOST:6333")
        if parts.username or parts.password:
            raise ConfigError(
                f"the url of {parts.hostname!r} holds a password; put the API key into {self.api_key_env}"
            )
        self.api_key()

    def api_key(self) -> str | None:
        """Return the API key in the environment now; it is kept nowhere, so that it cannot be printed.

        Raises:
            ConfigError: The url would carry it in the clear to another machine.
        """
        key = os.environ.get(self.api_key_env) or None
        parts = urlsplit(self.url)
        if key and parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            raise ConfigError(f"http would send the API key to {parts.hostname!r} in the clear; use https")
        return key

    @property
    def address(self) -> str:
        """Scheme, host and port, for messages."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or 6333}"


class Connection:
    """An open connection; everything said over it may be said twice.

    Args:
        server: Where to connect.
    """

    def __init__(self, server: QdrantServer) -> None:
        self._server = server
        self._client = server.client or _connect(server)

    def call(self, operation: Callable[[QdrantClient], T]) -> T:
        """Return the result of an operation that does no harm when it is repeated; passing faults are sat out.

        Raises:
            IndexStateError: The server cannot be reached, refuses the key or the operation, or keeps failing.
            StorageError: Its disk is full.
        """
        pauses = iter(_PAUSES)
        while True:
            try:
                return operation(self._client)
            except Exception as error:
                fault = fault_of(error)
                if fault is None:
                    raise
                pause = next(pauses, None) if fault.passing else None
                if pause is None:
                    raise fault.named(self._server.address, self._server.api_key_env) from None
            time.sleep(pause)

    def close(self) -> None:
        """Close what was opened here; a second call does nothing."""
        if self._server.client is None:
            self._client.close()


def _connect(server: QdrantServer) -> QdrantClient:
    from qdrant_client import QdrantClient

    with warnings.catch_warnings():
        # The client warns of any key over http; here it can only go to this machine.
        warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
        return QdrantClient(
            url=server.url,
            api_key=server.api_key(),
            prefer_grpc=server.prefer_grpc,
            timeout=_TIMEOUT_SECONDS,
            check_compatibility=False,
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
