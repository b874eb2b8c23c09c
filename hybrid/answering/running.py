"""One question from beginning to end: complete it, search, compose, and time each stage."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from hybrid import tracing
from hybrid.answering.events import AnswerEvent, DoneEvent, ErrorEvent, EvidenceEvent, StageEvent, TextEvent
from hybrid.answering.question import Asking
from hybrid.errors import ModelError
from hybrid.types import Answer
from hybrid.verify import CLARIFY

if TYPE_CHECKING:
    from hybrid.pipeline import Pipeline

PASSAGES = 8
"""Passages that a question's evidence is chosen from."""


def answer_events(pipeline: Pipeline, asking: Asking, *, stream: bool) -> Iterator[AnswerEvent]:
    """Yield what happens while a question is answered; ends with a ``DoneEvent``."""
    request = tracing.request.get()
    with tracing.recorded("answer", {tracing.TRACE_ID: request} if request else None) as recording:
        for event in _events(pipeline, asking, recording, stream=stream):
            if isinstance(event, DoneEvent):
                answer = event.answer
                recording.note({tracing.STATUS: answer.status, tracing.CITATIONS: len(answer.citations)})
            yield event


def _events(pipeline: Pipeline, asking: Asking, recording: tracing.Recording, *, stream: bool) -> Iterator[AnswerEvent]:
    started = time.perf_counter()
    yield StageEvent(stage="searching")
    standalone = pipeline.rewriter.standalone(asking.question, asking.earlier)
    if not standalone.clear:
        yield from _asked_back(pipeline, asking.question)
        return
    with recording.stage("retrieval", {tracing.OPERATION: "retrieval", tracing.TOP_K: PASSAGES}) as retrieval:
        found = pipeline.search(
            standalone.question,
            principal=asking.principal,
            limit=PASSAGES,
            narrowing=asking.narrowing,
            moment=asking.moment,
        )
        retrieval.note({tracing.PASSAGES: len(found.passages)})
    searched = time.perf_counter()
    yield EvidenceEvent(passages=found.passages)
    yield StageEvent(stage="composing")
    composer = replace(pipeline.composer, style=asking.style) if asking.style else pipeline.composer
    composing = composer.compose(
        standalone.question, found.passages, principal=asking.principal, stream=stream, recording=recording
    )
    for event in composing:
        if not isinstance(event, DoneEvent):
            yield event
            continue
        ended = time.perf_counter()
        timings = {**found.timings, **event.answer.timings, "answer": ended - searched, "total": ended - started}
        yield DoneEvent(answer=replace(_traced(event.answer), question=asking.question, timings=timings))


def with_error_event(events: Iterator[AnswerEvent]) -> Generator[AnswerEvent, None, None]:
    """Yield events, and a failure of the model as the last one."""
    try:
        yield from events
    except ModelError as error:
        yield ErrorEvent(error=type(error).__name__, message=str(error))


async def off_the_loop(events: Generator[AnswerEvent, None, None]) -> AsyncIterator[AnswerEvent]:
    """Yield events made in threads; the work ends when nobody takes them any more."""
    step = None
    try:
        while True:
            step = asyncio.ensure_future(asyncio.to_thread(next, events, None))
            # Shielded, because a thread cannot be cancelled, and a generator that runs cannot be closed.
            if (event := await asyncio.shield(step)) is None:
                return
            yield event
    finally:
        if step is not None:
            await asyncio.wait([step])
        await asyncio.to_thread(events.close)


def _asked_back(pipeline: Pipeline, question: str) -> Iterator[AnswerEvent]:
    model = pipeline.composer.model.name
    answer = Answer(question=question, status="clarify", text=CLARIFY, markdown=CLARIFY, model=model)
    yield TextEvent(text=CLARIFY)
    yield DoneEvent(answer=_traced(answer))


def _traced(answer: Answer) -> Answer:
    return replace(answer, trace_id=uuid.uuid4().hex)
