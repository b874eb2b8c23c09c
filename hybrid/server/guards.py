"""What every request passes before its route runs: sign-in, forgery check, rate, and a slot for those that work.

``signed_in`` is the one place where a request becomes a principal. Routes take ``Signed``, or one of the guards built
on it; a test walks all routes and fails for one that does not.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable
from contextlib import suppress
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from hybrid.access import access_set
from hybrid.errors import AccessError
from hybrid.server.faults import Forbidden, SignInError
from hybrid.server.gate import Slot
from hybrid.server.identity import Identity
from hybrid.server.services import Services
from hybrid.types import Principal

T = TypeVar("T")

_SAFE = ("GET", "HEAD", "OPTIONS")
_documented = HTTPBearer(auto_error=False, description="An API key, or a token of the OpenID Connect provider.")


def services_of(request: Request) -> Services:
    """Return what the routes of this application share."""
    return request.app.state.services


Shared = Annotated[Services, Depends(services_of)]
"""What the routes share."""


async def signed_in(request: Request, services: Shared, _: Annotated[Any, Depends(_documented)]) -> Identity:
    """Return who makes the request.

    Raises:
        SignInError: Nobody is signed in.
        Forbidden: A browser sends it without the token of its page: another site may have made it do so.
        TooMany: This principal asks too often.
    """
    for way in services.sign_ins.chain:
        if (identity := await way.sign_in(request)) is not None:
            break
    else:
        raise SignInError("nobody is signed in; send an API key or token as Authorization: Bearer, or sign in")
    if services.sign_ins.provisioned is not None:
        identity = services.sign_ins.provisioned.current(identity)
    _check_names(identity.principal)
    request.state.identity = identity
    if identity.csrf is not None and request.method not in _SAFE:
        sent = request.headers.get("X-CSRF-Token", "")
        if not secrets.compare_digest(sent.encode(), identity.csrf.encode()):
            raise Forbidden("the X-CSRF-Token header is missing or old; take it from /api/me")
    services.rates.take(identity.key)
    return identity


Signed = Annotated[Identity, Depends(signed_in)]
"""Who makes the request."""


async def administrator(identity: Signed, services: Shared) -> Identity:
    """Return who makes the request, an administrator.

    Raises:
        Forbidden: It is none.
    """
    if access_set(identity.principal).tokens.isdisjoint(services.admins):
        raise Forbidden("this is for administrators; [server] admins in hybrid.toml names them")
    return identity


Admin = Annotated[Identity, Depends(administrator)]
"""Who makes the request, an administrator."""


async def reviewer(identity: Signed, services: Shared) -> Identity:
    """Return who makes the request, a reviewer.

    Raises:
        Forbidden: It is none.
    """
    if access_set(identity.principal).tokens.isdisjoint(services.reviewers):
        raise Forbidden("this is for reviewers; [server.review] reviewers in hybrid.toml names them")
    return identity


Reviewer = Annotated[Identity, Depends(reviewer)]
"""Who makes the request, a reviewer."""


async def working(request: Request, services: Shared, _: Signed) -> AsyncGenerator[Slot]:
    """Hold a slot until the answer is sent or its client has gone."""
    held = services.gate.slot()
    slot = await unless_gone(request, held.__aenter__())
    try:
        yield slot
    finally:
        await held.__aexit__(None, None, None)


Working = Annotated[Slot, Depends(working)]
"""A slot, held until the answer is sent."""


class ClientGone(Exception):
    """The client has closed its connection: there is nobody to answer."""


async def unless_gone(request: Request, work: Awaitable[T]) -> T:
    """Return the result of some work, which is cancelled when the client closes its connection.

    Raises:
        ClientGone: It has.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientGone
        return task.result()
    finally:
        for each in (task, gone):
            each.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await each


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _check_names(principal: Principal) -> None:
    try:
        access_set(principal)
    except AccessError:
        raise SignInError("the sign-in names a user or group that no access list can hold; ask your operator") from None
