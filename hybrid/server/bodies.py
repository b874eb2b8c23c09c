"""Request bodies, read whole before anything else happens: none is larger or slower than allowed."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hybrid.server.answers import send_fault
from hybrid.server.faults import BadRequest, Fault, TooLarge, TooSlow


class Bodies:
    """Middleware that hands on requests with their body already here.

    A client that sends slowly, or never stops, so takes up neither a slot nor more memory than one body.
    """

    def __init__(self, app: ASGIApp, *, most: int, seconds: float) -> None:
        self._app = app
        self._most = most
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body and go on, or answer 413 or 408."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            messages = await self._read(scope, receive)
        except Fault as fault:
            return await send_fault(fault, scope, receive, send)

        async def replayed() -> Message:
            return messages.popleft() if messages else await receive()

        await self._app(scope, replayed, send)

    async def _read(self, scope: Scope, receive: Receive) -> deque[Message]:
        declared = _length(scope)
        if declared > self._most:
            raise self._too_large()
        messages: deque[Message] = deque()
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    message = await receive()
                    messages.append(message)
                    size += len(message.get("body", b""))
                    if size > self._most:
                        raise self._too_large()
                    if not message.get("more_body", False):
                        return messages
        except TimeoutError:
            raise TooSlow(f"the body did not arrive within {self._seconds:g} seconds; send it faster") from None

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is larger than {self._most:,} bytes; send less")


def _length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not value.isdigit():
                raise BadRequest("Content-Length is no number of bytes; leave it to the HTTP client")
            return int(value)
    return 0
