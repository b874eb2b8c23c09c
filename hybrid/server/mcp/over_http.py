"""The tools at ``/mcp`` of the server: behind its sign-in, its slots and its audit log like every other route."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from fastapi import APIRouter, Request, Response
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send

from hybrid.errors import HybridError
from hybrid.server.answering import Asked, whole_answer
from hybrid.server.answers import trace_id_of
from hybrid.server.faults import Unavailable, fault_of
from hybrid.server.gate import Slot
from hybrid.server.guards import ClientGone, Signed, unless_gone
from hybrid.server.identity import Identity
from hybrid.server.mcp.tools import AskArguments, AskOutcome, Context, SearchArguments, SearchOutcome, tools_server
from hybrid.server.searching import searched
from hybrid.server.services import Services
from hybrid.server.voices import CONFIGURED


class ServedDesk:
    """Answers calls as whoever made the HTTP request that holds them.

    Args:
        services: What the routes share.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    async def search(self, asked: SearchArguments, context: Context) -> SearchOutcome:
        """Return the best passages that who asks may read.

        Raises:
            Fault: There are none to be had now.
        """
        request, identity = _caller(context)
        trace_id = trace_id_of(request.scope)
        async with _working(self._services) as slot:
            work = searched(asked.question, identity, self._services, slot, limit=asked.limit, trace_id=trace_id)
            return SearchOutcome.of((await unless_gone(request, work)).passages)

    async def ask(self, asked: AskArguments, context: Context) -> AskOutcome:
        """Return an answer from what who asks may read.

        Raises:
            Fault: There is none.
        """
        request, identity = _caller(context)
        voice = self._services.voices.voice(CONFIGURED, identity.principal)
        question = Asked(
            question=asked.question,
            earlier=tuple(text for text in asked.earlier if text.strip()),
            style=voice.style,
            drawn=voice.drawn,
            identity=identity,
            trace_id=trace_id_of(request.scope),
        )
        async with _working(self._services) as slot:
            return AskOutcome.of(await unless_gone(request, whole_answer(question, self._services, slot)))


def tools_manager(services: Services) -> StreamableHTTPSessionManager:
    """Return what speaks the protocol over HTTP; it runs as long as the application.

    Each request stands for itself: there is no session that somebody else could go on with.
    """
    return StreamableHTTPSessionManager(app=tools_server(ServedDesk(services)), json_response=True, stateless=True)


def mcp_router(manager: StreamableHTTPSessionManager) -> APIRouter:
    """Return the route of the tools."""
    router = APIRouter(tags=["tools"])

    @router.post("/mcp", include_in_schema=False, response_class=Response)
    async def tools(_: Signed) -> Response:
        """Answer a message of the Model Context Protocol."""
        return _Handed(manager)

    return router


class _Handed(Response):
    """A request that the protocol's own code answers."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)


@asynccontextmanager
async def _working(services: Services) -> AsyncGenerator[Slot]:
    try:
        async with services.gate.slot() as slot:
            yield slot
    except HybridError as error:
        raise fault_of(type(error), str(error)) from None
    except ClientGone:
        raise Unavailable("there is nobody left to answer") from None


def _caller(context: Context) -> tuple[Request, Identity]:
    # Signed in by the route; a call that comes by any other way has no identity and fails here.
    request = cast("Request", context.request)
    return request, request.state.identity
