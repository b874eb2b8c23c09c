"""The process: one uvicorn server on one address, stopped in an orderly way."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from hybrid.errors import ConfigError

_BACKLOG = 256
_STOPS_IN = 3


def bound(host: str, port: int, *, dev: bool) -> socket.socket:
    """Return a listening socket; with ``dev`` only on this machine's own address.

    Raises:
        ConfigError: The address cannot be used, or could be reached from elsewhere in development mode.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, OverflowError):
        raise ConfigError(f"{host!r} is no address of this machine; pass --host 127.0.0.1") from None
    if dev and not ipaddress.ip_address(address[0]).is_loopback:
        raise ConfigError(
            f"--dev believes everybody, so it serves on 127.0.0.1 only, not on {host!r}; leave --dev or --host out"
        )
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(f"{host}:{port} cannot be used: {error.strerror}; pass another --port") from None
    return listening


def serve(app: FastAPI, listening: socket.socket, *, started: Callable[[], None]) -> bool:
    """Serve until the process is told to stop; what is being answered then has 3 seconds to end.

    Returns:
        Whether all work has ended. Where it has not, the pipeline is still in use and cannot be closed.
    """
    config = uvicorn.Config(
        app,
        # Whatever else is installed: the other parser takes headers without end into memory.
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        # Headers that name the client are read by the sign-in alone, and only from proxies that it knows.
        proxy_headers=False,
        timeout_graceful_shutdown=_STOPS_IN,
        timeout_keep_alive=30,
    )
    # uvicorn raises the signal again when it has stopped, which would end the process before the index is closed.
    before = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _Server(config, started).run(sockets=[listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return app.state.at_rest


def _nothing(*_: object) -> None:
    """Take a signal that was acted on already."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()
