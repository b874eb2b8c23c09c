"""``/scim/v2``: where an identity provider writes users and groups (RFC 7644)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from hybrid.server.scim import discovery
from hybrid.server.scim.collection import Collection, Json
from hybrid.server.scim.directory import Directory, Kind
from hybrid.server.scim.token import provisioning

_PREFIX = "/scim/v2"
_MEDIA = "application/scim+json"
_Id = Annotated[str, Path(max_length=200)]
_Filter = Annotated[str, Query(max_length=2_000, description='Such as `userName eq "ana@example.com"`.')]
_Number = Annotated[int, Query(ge=-(2**31), le=2**31)]
_Names = Annotated[str, Query(max_length=2_000, description="Names of attributes, separated by commas.")]
_BODY = {"requestBody": {"required": True, "content": {_MEDIA: {"schema": {"type": "object"}}}}}


class ScimResponse(Response):
    """A SCIM message."""

    media_type = _MEDIA

    def render(self, content: Json | None) -> bytes:
        """Return the message as JSON; None is nothing."""
        return b"" if content is None else json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    shape = {"content": {_MEDIA: {"schema": {"type": "object", "required": ["schemas"]}}}}
    failures = (400, 401, 408, 413, 422, 500)
    return {
        status: {"description": "A SCIM error." if status >= 400 else "A SCIM resource or list.", **shape}
        for status in (*failures, *statuses)
    }


def scim_router(directory: Directory, *, public_url: str) -> APIRouter:
    """Return the routes of a directory.

    Args:
        directory: Where users and groups are kept.
        public_url: Address under which the identity provider reaches this server.
    """
    router = APIRouter(
        prefix=_PREFIX, tags=["directory"], dependencies=[Depends(provisioning)], default_response_class=ScimResponse
    )
    _add_discovery(router)
    address = public_url.rstrip("/") + _PREFIX
    for kind in ("User", "Group"):
        _add_collection(router, kind, Collection(directory, kind, address=address))
    return router


def _add_discovery(router: APIRouter) -> None:
    @router.get("/ServiceProviderConfig", responses=_documented(200))
    async def config() -> Response:
        """Say what this service can do."""
        return ScimResponse(discovery.config())

    @router.get("/ResourceTypes", responses=_documented(200))
    async def resource_types() -> Response:
        """List the kinds of resources."""
        return ScimResponse(discovery.resource_types())

    @router.get("/ResourceTypes/{name}", responses=_documented(200, 404))
    async def resource_type(name: _Id) -> Response:
        """Describe one kind of resources."""
        return await _answered(lambda: discovery.resource_type(name))

    @router.get("/Schemas", responses=_documented(200))
    async def schemas() -> Response:
        """List the schemas."""
        return ScimResponse(discovery.schemas())

    @router.get("/Schemas/{name}", responses=_documented(200, 404))
    async def schema(name: _Id) -> Response:
        """Describe one schema."""
        return await _answered(lambda: discovery.schema(name))


def _add_collection(router: APIRouter, kind: Kind, those: Collection) -> None:
    path = f"/{kind}s"

    @router.get(path, responses=_documented(200), name=f"list_{kind}")
    async def search(
        request: Request,
        filter: _Filter = "",
        startIndex: _Number = 1,
        count: _Number = 100,
        attributes: _Names = "",
        excludedAttributes: _Names = "",
    ) -> Response:
        """List those that a filter describes, by pages."""
        return await _answered(lambda: those.search(request.query_params))

    @router.post(path, status_code=201, responses=_documented(201, 409), openapi_extra=_BODY, name=f"create_{kind}")
    async def create(request: Request) -> Response:
        """Keep a new one."""
        payload = await request.body()
        return await _answered(lambda: those.create(payload), status=201)

    @router.get(path + "/{id}", responses=_documented(200, 404), name=f"read_{kind}")
    async def read(request: Request, id: _Id, attributes: _Names = "", excludedAttributes: _Names = "") -> Response:
        """Return one."""
        return await _answered(lambda: those.read(id, request.query_params))

    @router.put(path + "/{id}", responses=_documented(200, 404, 409), openapi_extra=_BODY, name=f"replace_{kind}")
    async def replace(request: Request, id: _Id) -> Response:
        """Put another in its place."""
        payload = await request.body()
        return await _answered(lambda: those.replace(id, payload))

    @router.patch(path + "/{id}", responses=_documented(200, 404, 409), openapi_extra=_BODY, name=f"patch_{kind}")
    async def patch(request: Request, id: _Id) -> Response:
        """Change it, wholly or not at all."""
        payload = await request.body()
        return await _answered(lambda: those.patch(id, payload))

    @router.delete(path + "/{id}", status_code=204, responses=_documented(404), name=f"delete_{kind}")
    async def remove(id: _Id) -> Response:
        """Forget it; a user is let in no more, at once."""
        return await _answered(lambda: those.remove(id), status=204)


async def _answered(work: Callable[[], Json | None], *, status: int = 200) -> Response:
    """Return what came of some work, or the SCIM error of what the request did wrong."""
    try:
        return ScimResponse(await asyncio.to_thread(work), status)
    except SCIMException as refused:
        error = refused.to_error()
    except ValidationError as refused:
        error = Error.from_validation_errors(refused)[0]
    return ScimResponse(error.model_dump(), error.status or 400)
