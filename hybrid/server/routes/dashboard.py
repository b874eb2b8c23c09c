"""``GET /api/dashboard``: how the bot is doing, in numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from hybrid.evaluation.last_check import LastCheck, load_last_check
from hybrid.review.figures import Counts, Figures, StageTime, load_figures
from hybrid.server.answers import documented
from hybrid.server.guards import Reviewer, Shared, Working, unless_gone
from hybrid.server.identity import Identity
from hybrid.server.services import Services

router = APIRouter(prefix="/api", tags=["review"])

_DAY = 86_400.0


class CheckBody(BaseModel):
    """What the last ``hybrid recall-check`` found."""

    golden: str
    """Name of the golden file."""

    created: datetime
    """When (UTC)."""

    recall: float
    """Recall@5."""

    interval: tuple[float, float]
    """Its 95 % interval."""

    leaks: int
    """Documents that somebody saw who must not."""


class DashboardAnswer(BaseModel):
    """Numbers of the reviewer's tenant; the last check is of the whole index."""

    days: list[Counts]
    """Days with questions, oldest first."""

    models: list[Counts]
    """Models with their adapters, most used first."""

    stages: list[StageTime]
    """Time by stage, slowest first."""

    outcomes: dict[str, int]
    """What reviewers decided."""

    waiting: int
    """Cases that wait for a decision."""

    ended: list[str]
    """Documents that no longer hold, of those that the reviewer may read."""

    check: CheckBody | None
    """The last check; None where there was none."""


@router.get("/dashboard", responses=documented(403))
async def dashboard(
    request: Request,
    reviewer: Reviewer,
    services: Shared,
    slot: Working,
    days: Annotated[float, Query(gt=0, le=3_660, description="How far to look back.")] = 30.0,
) -> DashboardAnswer:
    """Show questions, refusals, outcomes by adapter, time by stage, the last check and what is out of date."""
    return await unless_gone(request, slot.run(lambda: _dashboard(reviewer, services, days)))


def _dashboard(reviewer: Identity, services: Services, days: float) -> DashboardAnswer:
    since = services.clock() - days * _DAY
    figures: Figures = load_figures(services.settings.data, tenant=reviewer.principal.tenant, since=since)
    return DashboardAnswer(
        days=list(figures.days),
        models=list(figures.models),
        stages=list(figures.stages),
        outcomes=figures.outcomes,
        waiting=services.desk.waiting(reviewer.principal, days=days),
        ended=services.desk.ended(reviewer.principal),
        check=_check(services),
    )


def _check(services: Services) -> CheckBody | None:
    settings = services.pipeline.settings
    found: LastCheck | None = load_last_check(settings.index.path) if settings else None
    if found is None:
        return None
    return CheckBody(
        golden=found.golden, created=found.created, recall=found.recall, interval=found.interval, leaks=found.leaks
    )
