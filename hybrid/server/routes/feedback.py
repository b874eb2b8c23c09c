"""``POST /api/feedback``: what somebody thinks of an answer they got."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from hybrid.server.answers import documented
from hybrid.server.faults import NotFound
from hybrid.server.guards import Shared, Signed
from hybrid.server.records import Rating
from hybrid.server.wire import Text, TraceId

router = APIRouter(prefix="/api", tags=["feedback"])


class FeedbackRequest(BaseModel):
    """A thumb, and why."""

    trace_id: TraceId
    """Of the answer."""

    rating: Rating
    """Whether it helped."""

    reason: Annotated[Text, Field(max_length=2_000)] = ""
    """Why, in the asker's words."""


@router.post("/feedback", status_code=204, responses=documented(404))
async def feedback(body: FeedbackRequest, identity: Signed, services: Shared) -> Response:
    """Rate an answer; the last rating counts. Only who got the answer may."""
    rate = services.records.rate
    if not await asyncio.to_thread(rate, body.trace_id, identity.key, body.rating, body.reason):
        raise NotFound("you were given no such answer", param="trace_id")
    return Response(status_code=204)
