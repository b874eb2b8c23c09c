"""``/api/review``: what reviewers look at, what they make of it, and their report."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from hybrid.errors import ContractError, GoldenError, InputError, MissingExtraError, RowsError
from hybrid.review.cases import Case, Outcome, Place, Reason
from hybrid.review.desk import Decision, SeenCase
from hybrid.review.figures import load_figures
from hybrid.review.report import render_report
from hybrid.review.rows import OpenRow, RowDecision
from hybrid.server.answers import documented
from hybrid.server.faults import Conflict, NotFound
from hybrid.server.guards import Reviewer, Shared, Working, unless_gone
from hybrid.server.identity import Identity
from hybrid.server.services import Services
from hybrid.server.wire import Text, TraceId

router = APIRouter(prefix="/api/review", tags=["review"])

_DAY = 86_400.0
_Days = Annotated[float, Query(gt=0, le=3_660, description="How far to look back.")]


class PlaceBody(BaseModel):
    """Words of a document that the reviewer may read."""

    number: int
    """Its number in this case."""

    cited: bool
    """Whether the answer cites it; else it was among the closest."""

    document: str
    """Id of the document."""

    title: str
    """Its title."""

    version: str
    """Content hash."""

    start: int
    """Offset in the document's text."""

    end: int
    """Offset after it."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    @classmethod
    def of(cls, number: int, place: Place, title: str) -> PlaceBody:
        """Return a place as it is sent."""
        return cls(
            number=number,
            cited=place.cited,
            document=place.document_id,
            title=title,
            version=place.version,
            start=place.start,
            end=place.end,
            lines=place.lines,
        )


class CaseBody(BaseModel):
    """An answer that somebody should look at; who asked is known by groups alone."""

    trace_id: str
    """Of the answer."""

    moment: datetime
    """When it was given (UTC)."""

    groups: tuple[str, ...]
    """Groups of who asked."""

    question: str
    """What was asked."""

    status: str
    """``answered``, ``refused`` or ``clarify``."""

    support: float
    """Support of the answer in [0, 1]."""

    model: str
    """What composed it."""

    reasons: tuple[Reason, ...]
    """Why it is here."""

    words: str
    """What the asker said of it."""

    owner: str
    """Who owns the folder that it is about."""

    places: list[PlaceBody]
    """What it cites, or what was closest, as far as the reviewer may read it."""

    outcome: Outcome
    """What became of it."""

    reviewer: str
    """Who decided."""

    note: str
    """What they said."""

    @classmethod
    def of(cls, seen: SeenCase) -> CaseBody:
        """Return a case as it is sent."""
        case: Case = seen.case
        return cls(
            trace_id=case.trace_id,
            moment=datetime.fromtimestamp(case.moment, UTC),
            groups=case.groups,
            question=case.question,
            status=case.status,
            support=case.support,
            model=case.model,
            reasons=case.reasons,
            words=case.words,
            owner=seen.owner,
            places=[PlaceBody.of(*each) for each in seen.places],
            outcome=case.outcome,
            reviewer=case.reviewer,
            note=case.note,
        )


class CasesAnswer(BaseModel):
    """Cases of the reviewer's tenant."""

    groups: list[list[CaseBody]]
    """Like questions together; what the reviewer owns first, then the largest group."""


class DecisionRequest(BaseModel):
    """What a reviewer makes of a case."""

    outcome: Outcome
    """A golden question, an unapproved training row, a missing document, no work; ``open`` takes it back."""

    places: Annotated[list[Annotated[int, Field(ge=0, lt=1_000)]], Field(max_length=50)] = []
    """Numbers of the places that answer it; none where it is to be refused."""

    note: Annotated[Text, Field(max_length=2_000)] = ""
    """Why, for other reviewers."""


class DecisionAnswer(BaseModel):
    """What was written for a decision."""

    id: str | None
    """Id of the new line; None where nothing had to be written."""

    question: str | None
    """The question as it stands there."""

    personal_data_removed: bool
    """Whether personal data was taken out of it."""


@router.get("", responses=documented(403))
async def cases(
    request: Request,
    reviewer: Reviewer,
    services: Shared,
    slot: Working,
    state: Annotated[Literal["open", "decided"], Query(description="Whether somebody has decided.")] = "open",
    days: _Days = 90.0,
) -> CasesAnswer:
    """Show what was refused, poor or disliked, like questions together."""
    work = slot.run(lambda: services.desk.groups(reviewer.principal, is_open=state == "open", days=days))
    found = await unless_gone(request, work)
    return CasesAnswer(groups=[[CaseBody.of(seen) for seen in group] for group in found])


@router.get("/report.html", responses=documented(403) | {200: {"content": {"text/html": {}}}}, response_class=Response)
async def report(request: Request, reviewer: Reviewer, services: Shared, slot: Working, days: _Days = 7.0) -> Response:
    """Return the report of the last days as one HTML file."""
    text = await unless_gone(request, slot.run(lambda: _report(reviewer, services, days)))
    headers = {"Content-Disposition": 'attachment; filename="review.html"'}
    return Response(text, media_type="text/html; charset=utf-8", headers=headers)


class RowsAnswer(BaseModel):
    """Training rows that wait for a person."""

    rows: list[OpenRow]
    """Those whose documents the reviewer may read, in the order of the file."""


class RowDecisionRequest(BaseModel):
    """What a reviewer says of a training row."""

    id: Annotated[Text, Field(min_length=1, max_length=200)]
    """Its name."""

    decision: RowDecision
    """Whether it may be learned from."""


@router.get("/rows", responses=documented(403, 409))
async def rows(request: Request, reviewer: Reviewer, services: Shared, slot: Working) -> RowsAnswer:
    """Show the training rows that wait for a person."""
    try:
        work = slot.run(lambda: services.desk.rows(reviewer.principal))
        return RowsAnswer(rows=await unless_gone(request, work))
    except RowsError as error:
        raise Conflict(_said(error, services)) from None


@router.post("/rows", status_code=204, responses=documented(403, 409))
async def decide_row(body: RowDecisionRequest, reviewer: Reviewer, services: Shared) -> Response:
    """Approve or reject a training row; it is on the disk when the answer comes."""
    decide = services.desk.decide_row
    try:
        await asyncio.to_thread(decide, body.id, reviewer.principal, body.decision)
    except RowsError as error:
        raise Conflict(_said(error, services)) from None
    return Response(status_code=204)


@router.post("/{trace_id}", responses=documented(403, 404, 409))
async def decide(
    trace_id: Annotated[TraceId, Path()], body: DecisionRequest, reviewer: Reviewer, services: Shared
) -> DecisionAnswer:
    """Decide about a case, and write what the decision asks for."""
    decision = Decision(outcome=body.outcome, places=tuple(body.places), note=body.note)
    return await asyncio.to_thread(_decide, trace_id, decision, reviewer, services)


def _decide(trace_id: str, decision: Decision, reviewer: Identity, services: Services) -> DecisionAnswer:
    seen = services.desk.case(trace_id, reviewer.principal)
    if seen is None:
        raise NotFound("there is no such case", param="trace_id")
    try:
        written = services.desk.decide(seen, reviewer.principal, decision)
    except (GoldenError, RowsError, ContractError, MissingExtraError) as error:
        raise Conflict(_said(error, services)) from None
    if written is None:
        return DecisionAnswer(id=None, question=None, personal_data_removed=False)
    return DecisionAnswer(id=written.id, question=written.question, personal_data_removed=written.changed)


def _said(error: InputError, services: Services) -> str:
    """Return the message without the folders of this machine."""
    message = str(error)
    for path in (services.settings.review.golden, services.settings.review.rows):
        message = message if path is None else message.replace(str(path), path.name)
    return message


def _report(reviewer: Identity, services: Services, days: float) -> str:
    now = services.clock()
    principal, desk = reviewer.principal, services.desk
    return render_report(
        load_figures(services.settings.data, tenant=principal.tenant, since=now - days * _DAY),
        waiting=desk.groups(principal, days=days),
        decided=desk.groups(principal, is_open=False, days=days),
        ended=desk.ended(principal),
        days=days,
        now=now,
    )
