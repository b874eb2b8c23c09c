"""What operators and their tools ask: is it alive, is it ready, what has it done, what can it do."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from hybrid.server.answers import documented
from hybrid.server.faults import Unavailable
from hybrid.server.guards import Admin, Shared, Signed

router = APIRouter(tags=["operation"])


class HealthAnswer(BaseModel):
    """It is well."""

    status: Literal["ok"] = "ok"
    """Always this; otherwise there is another answer, or none."""


@router.get("/healthz", responses={500: documented(500)[500]})
async def alive() -> HealthAnswer:
    """Say that the process serves."""
    return HealthAnswer()


@router.get("/readyz", responses={500: documented(500)[500], 503: documented(503)[503]})
async def ready(services: Shared) -> HealthAnswer:
    """Say that questions can be answered; how much there is to answer from is not said."""
    if not await asyncio.to_thread(services.readiness):
        raise Unavailable("no document has been indexed yet; sync, or wait for the first sync", retry_after=1.0)
    return HealthAnswer()


@router.get("/metrics", responses=documented(403) | {200: {"content": {"text/plain": {}}}}, response_class=Response)
async def metrics(_: Admin, services: Shared) -> Response:
    """Return counts and times as Prometheus reads them."""
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/openapi.json", responses=documented(), include_in_schema=False)
async def described(request: Request, _: Signed) -> JSONResponse:
    """Return the OpenAPI document of this server."""
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)
