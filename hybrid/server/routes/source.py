"""``GET /api/source/{document}``: the lines around a citation, of the very version that was cited."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel

from hybrid.server.answers import documented, trace_id_of
from hybrid.server.faults import BadRequest, Conflict, NotFound
from hybrid.server.guards import Shared, Signed, Working, unless_gone
from hybrid.server.records import Shown
from hybrid.server.wire import address
from hybrid.types import StoredDocument
from hybrid.verify import page_of

router = APIRouter(prefix="/api", tags=["documents"])

_Offset = Annotated[int, Query(ge=0, le=2**31)]


class LineBody(BaseModel):
    """One line of a document."""

    number: int
    """Its number in the original file."""

    text: str
    """Its text without the line break."""

    mark: tuple[int, int] | None
    """Where in the line the cited words begin and end; None where none of them is in it."""


class SourceAnswer(BaseModel):
    """A stretch of a document."""

    document: str
    """Id of the document."""

    uri: str
    """Where a person can open it; the document's id where only the server's disk has it."""

    title: str
    """Its title."""

    version: str
    """Content hash of the version shown, which is the one asked for."""

    page: int | None
    """Page on which the cited words begin, where the document has pages."""

    lines: list[LineBody]
    """The cited lines and those around them."""

    last: int
    """Number of the document's last line."""


@router.get("/source/{document:path}", responses=documented(404, 409, 504))
async def source(
    request: Request,
    document: Annotated[str, Path(max_length=4_096)],
    identity: Signed,
    services: Shared,
    slot: Working,
    version: Annotated[str | None, Query(pattern=r"^[0-9a-f]{64}$", description="Of the citation.")] = None,
    start: _Offset = 0,
    end: _Offset = 0,
    context: Annotated[int, Query(ge=0, le=200, description="Lines before and after.")] = 10,
) -> SourceAnswer:
    """Show the cited words with the lines around them, marked.

    Whether a document does not exist or may not be read is not told apart. Where the cited version is no longer
    the live one, who may read the document is told so (409), and the citation is to be checked again.
    """
    if end < start:
        raise BadRequest("end is before start", param="end")
    read = slot.run(lambda: services.pipeline.source(document, principal=identity.principal))
    found = await unless_gone(request, read)
    if found is None:
        raise NotFound("there is no such document, or you may not read it", param="document")
    if version is not None and version != found.version:
        raise Conflict("the document has changed since it was cited; ask again", param="version")
    if end > len(found.text):
        raise BadRequest("the document ends before that", param="end")
    shown = [Shown(document_id=found.document_id, version=found.version)]
    trace_id = trace_id_of(request.scope)
    await asyncio.to_thread(services.records.show, trace_id, identity.principal, "source", shown)
    return _answer(found, start, end, context)


def _answer(found: StoredDocument, start: int, end: int, context: int) -> SourceAnswer:
    lines = found.text.split("\n")
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line) + 1)
    first = bisect_right(begins, start, hi=len(lines)) - 1
    last = bisect_right(begins, max(start, end - 1), hi=len(lines)) - 1
    shown = range(max(0, first - context), min(len(lines), last + context + 1))
    return SourceAnswer(
        document=found.document_id,
        uri=address(found.uri, found.document_id),
        title=found.title,
        version=found.version,
        page=page_of(found, start),
        lines=[
            LineBody(number=found.first_line + n, text=lines[n], mark=_mark(begins[n], len(lines[n]), start, end))
            for n in shown
        ],
        last=found.first_line + len(lines) - 1,
    )


def _mark(begin: int, length: int, start: int, end: int) -> tuple[int, int] | None:
    first, last = max(start - begin, 0), min(end - begin, length)
    return (first, last) if first < last else None
