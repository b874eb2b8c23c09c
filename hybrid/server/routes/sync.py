"""``/api/sync``: bring the index up to date with its sources, and see how that goes."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from hybrid.server.answers import documented
from hybrid.server.faults import Conflict
from hybrid.server.guards import Admin, Shared
from hybrid.server.syncing import SyncState

router = APIRouter(prefix="/api", tags=["operation"])


class OutcomeBody(BaseModel):
    """What could not be read."""

    document: str
    """Id of the document, or the source with a colon."""

    detail: str
    """Why, and what to do."""


class SyncAnswer(BaseModel):
    """Where the sync stands."""

    state: Literal["never", "running", "done", "failed"]
    """What the last one has come to."""

    done: int
    """Documents that the running one has dealt with."""

    total: int
    """Documents that the running one has to deal with; 0 while that is not known."""

    counts: dict[str, int]
    """Documents by kind of change, of the last one that ended."""

    failures: list[OutcomeBody]
    """What the last one that ended could not read; it is tried again next time."""

    error: str
    """Why the last one failed."""


@router.post("/sync", status_code=202, responses=documented(403, 409))
async def start(_: Admin, services: Shared) -> SyncAnswer:
    """Begin a sync; it goes on beside the answers."""
    if not services.syncing.start():
        raise Conflict("a sync is running already; GET /api/sync says how far it is")
    return _answer(services.syncing.state)


@router.get("/sync", responses=documented(403))
async def standing(_: Admin, services: Shared) -> SyncAnswer:
    """Say where the sync stands."""
    return _answer(services.syncing.state)


def _answer(state: SyncState) -> SyncAnswer:
    report, progress = state.report, state.progress
    failures = report.failures if report else ()
    return SyncAnswer(
        state=state.state,
        done=progress.done if progress else 0,
        total=progress.total if progress else 0,
        counts={kind: number for kind, number in report.counts.items()} if report else {},
        failures=[OutcomeBody(document=each.document_id, detail=each.detail) for each in failures],
        error=state.error,
    )
