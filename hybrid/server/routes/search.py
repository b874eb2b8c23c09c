"""``POST /api/search``: the best passages that somebody may read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictInt

from hybrid.access import Narrowing
from hybrid.server.answers import documented, trace_id_of
from hybrid.server.guards import Shared, Signed, Working, unless_gone
from hybrid.server.searching import searched
from hybrid.server.wire import PassageBody, Question, Text, passages

router = APIRouter(prefix="/api", tags=["documents"])

_LARGEST = 2**63 - 1
_Number = Annotated[StrictInt, Field(ge=-_LARGEST, le=_LARGEST)]
_Value = StrictBool | _Number | Annotated[StrictFloat, Field(allow_inf_nan=False)] | Text
_Name = Annotated[Text, Field(min_length=1, max_length=200)]


class SearchRequest(BaseModel):
    """What is searched."""

    question: Question
    """What is asked."""

    limit: Annotated[int, Field(ge=1, le=50)] = 10
    """At most so many passages."""

    filters: dict[_Name, _Value | Annotated[list[_Value], Field(min_length=1, max_length=100)]] = {}
    """Metadata that must all hold; a list means any of its values."""


class SearchAnswer(BaseModel):
    """Passages, best first."""

    passages: list[PassageBody]
    """Best first."""

    trace_id: str
    """What this request is called in the server's logs."""


@router.post("/search", responses=documented(504))
async def search(
    request: Request, body: SearchRequest, identity: Signed, services: Shared, slot: Working
) -> SearchAnswer:
    """Find the best passages that who asks may read."""
    narrowing: Narrowing = {name: tuple(v) if isinstance(v, list) else v for name, v in body.filters.items()}
    trace_id = trace_id_of(request.scope)
    work = searched(body.question, identity, services, slot, limit=body.limit, trace_id=trace_id, narrowing=narrowing)
    found = await unless_gone(request, work)
    return SearchAnswer(passages=passages(found.passages), trace_id=trace_id)
