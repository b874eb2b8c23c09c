"""One answer for one request: asked of the pipeline, recorded before it is shown, ended when its client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from hybrid import errors
from hybrid.answering.events import AnswerEvent, CitationEvent, DoneEvent, ErrorEvent
from hybrid.answering.request import Style
from hybrid.server.faults import fault_of
from hybrid.server.gate import Slot
from hybrid.server.identity import Identity
from hybrid.server.records import Drawn, Shown
from hybrid.server.services import Services
from hybrid.types import Answer


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with everything that decides its answer."""

    question: str
    """What is asked."""

    earlier: tuple[str, ...]
    """The same person's earlier questions, oldest first."""

    style: Style
    """How the model speaks."""

    identity: Identity
    """Who asks."""

    trace_id: str
    """What the request is called."""

    drawn: Drawn | None = None
    """The variant of an experiment that answers; None where it is no part of one."""


async def answer_events(asked: Asked, services: Services, slot: Slot) -> AsyncGenerator[AnswerEvent]:
    """Yield the events of an answer, the last of which is a ``DoneEvent``.

    Every document version is in the audit log before an event that shows it is yielded.

    Raises:
        Fault: There is no answer.
    """
    principal = asked.identity.principal
    events = services.pipeline.stream(asked.question, principal=principal, earlier=asked.earlier, style=asked.style)
    noted: set[Shown] = set()
    async with aclosing(slot.steps(events)) as steps:
        async for event in steps:
            if isinstance(event, ErrorEvent):
                raise fault_of(getattr(errors, event.error, errors.ModelError), event.message)
            if isinstance(event, DoneEvent):
                event = DoneEvent(answer=replace(event.answer, trace_id=asked.trace_id))
                await asyncio.to_thread(_record, asked, event.answer, services)
            # A line that is on the disk is not written again: each costs a flush.
            if shown := [each for each in _shown(event) if each not in noted]:
                await asyncio.to_thread(services.records.show, asked.trace_id, principal, "answer", shown)
                noted.update(shown)
            yield event


async def whole_answer(asked: Asked, services: Services, slot: Slot) -> Answer:
    """Return the answer when it is complete.

    Raises:
        Fault: There is none.
    """
    async with aclosing(answer_events(asked, services, slot)) as events:
        async for event in events:
            if isinstance(event, DoneEvent):
                return event.answer
    raise AssertionError("a stream ends with an answer or an error")


def _shown(event: AnswerEvent) -> list[Shown]:
    """Return what the asker is about to see; what was found and is not sent stays out."""
    if isinstance(event, CitationEvent):
        return [Shown(document_id=event.citation.document_id, version=event.citation.version)]
    if isinstance(event, DoneEvent):
        answer = event.answer
        closest = answer.passages if answer.status == "refused" else ()
        return [Shown(document_id=each.document_id, version=each.version) for each in (*answer.citations, *closest)]
    return []


def _record(asked: Asked, answer: Answer, services: Services) -> None:
    identity = asked.identity
    services.records.answered(asked.trace_id, identity.key, identity.principal, answer, drawn=asked.drawn)
    services.metrics.answer(answer)
