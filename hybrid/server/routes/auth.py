"""``/auth``: sign-in by browser, through the OpenID Connect provider; ``/api/me``: who is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from hybrid.access import access_set
from hybrid.server.answers import documented
from hybrid.server.guards import Shared, Signed
from hybrid.server.signin.code_flow import CodeFlow

me = APIRouter(prefix="/api", tags=["sign-in"])


class MeAnswer(BaseModel):
    """Who is signed in."""

    user: str | None
    """Name; null is a visitor."""

    groups: list[str]
    """Groups, as access lists name them."""

    method: str
    """``key``, ``proxy``, ``bearer``, ``session``, ``dev`` or ``visitor``."""

    admin: bool
    """Whether syncing and metrics are allowed."""

    reviewer: bool
    """Whether the review desk and the dashboard are open."""

    csrf: str | None
    """What unsafe requests must repeat as ``X-CSRF-Token``; null where they need not."""

    people: list[str]
    """In development mode, whom one may be."""


@me.get("/me", responses=documented())
async def whoami(identity: Signed, services: Shared) -> MeAnswer:
    """Say who is signed in."""
    principal = identity.principal
    return MeAnswer(
        user=principal.user,
        groups=sorted(principal.groups),
        method=identity.method,
        admin=not access_set(principal).tokens.isdisjoint(services.admins),
        reviewer=not access_set(principal).tokens.isdisjoint(services.reviewers),
        csrf=identity.csrf,
        people=sorted(services.settings.people) if identity.method == "dev" else [],
    )


def sign_in_router(flow: CodeFlow) -> APIRouter:
    """Return the routes of the sign-in by browser."""
    router = APIRouter(prefix="/auth", tags=["sign-in"])

    @router.get("/login", status_code=303, responses=documented(), response_class=Response)
    async def login(onward: Annotated[str, Query(alias="next", max_length=2_000)] = "/") -> Response:
        """Go to the provider, and come back to ``next``, a path of this server."""
        return await flow.login(onward)

    @router.get("/callback", status_code=303, responses=documented(403), response_class=Response)
    async def callback(request: Request) -> Response:
        """Come back from the provider."""
        return await flow.callback(request)

    @router.post("/logout", status_code=204, responses=documented(403))
    async def logout(_: Signed) -> Response:
        """End the session here; the provider's own goes on."""
        return flow.logout()

    return router
