"""``GET /v1/models``: the names that a request may give as ``model``."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from hybrid.server.answers import documented
from hybrid.server.guards import Shared, Signed

router = APIRouter(tags=["OpenAI"])


class ModelBody(BaseModel):
    """One model or adapter."""

    id: str
    """The name."""

    object: Literal["model"] = "model"
    """OpenAI's name of the shape."""

    created: int = 0
    """Not known."""

    owned_by: str = "hybrid"
    """This server."""


class ModelList(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    """OpenAI's name of the shape."""

    data: list[ModelBody]
    """The configured one first, then the model without adapter, then the adapters."""


@router.get("/v1/models", responses=documented())
async def models(_: Signed, services: Shared) -> ModelList:
    """List the model as configured (``hybrid``), the model without an adapter, and each adapter."""
    return ModelList(data=[ModelBody(id=name) for name in services.voices.names])
