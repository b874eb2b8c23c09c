"""``POST /v1/chat/completions``: a question as OpenAI's clients ask it, an answer with citations."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent

from hybrid.answering.events import AnswerEvent, CitationEvent, DoneEvent, TextEvent
from hybrid.errors import HybridError
from hybrid.server.answering import Asked, answer_events, whole_answer
from hybrid.server.answers import documented, fault_fields, trace_id_of
from hybrid.server.chat_bodies import (
    AnswerMessage,
    ChatAnswer,
    ChatChunk,
    ChatRequest,
    Choice,
    ChunkChoice,
    Delta,
    Usage,
)
from hybrid.server.faults import Fault, fault_of
from hybrid.server.guards import Shared, Signed, Working, unless_gone
from hybrid.server.related import related
from hybrid.server.wire import citations, passages
from hybrid.types import Answer

router = APIRouter(tags=["OpenAI"])

_HEARTBEAT = 10.0
_SEND_SECONDS = 30.0
_TAKEN_BACK = "\n\nThis was taken back, a source does not hold it any more. Instead:\n\n"


@router.post("/v1/chat/completions", response_model=ChatAnswer, responses=documented(404, 502, 504))
async def chat(
    request: Request, body: ChatRequest, identity: Signed, services: Shared, slot: Working
) -> ChatAnswer | EventSourceResponse:
    """Answer the last message from the documents that who asks may read, or refuse.

    Earlier messages of the user complete a question that leans on them. With ``stream`` the answer comes as server-sent
    events: text never before the citation it names.
    """
    question, earlier = body.question()
    voice = services.voices.voice(body.model, identity.principal)
    asked = Asked(
        question=question,
        earlier=earlier,
        style=voice.style,
        drawn=voice.drawn,
        identity=identity,
        trace_id=trace_id_of(request.scope),
    )
    if not body.stream:
        return _whole(await unless_gone(request, whole_answer(asked, services, slot)))
    events = _chunks(asked, body, answer_events(asked, services, slot))
    return EventSourceResponse(events, ping=_HEARTBEAT, send_timeout=_SEND_SECONDS, sep="\n")


async def _chunks(
    asked: Asked, body: ChatRequest, events: AsyncGenerator[AnswerEvent]
) -> AsyncGenerator[ServerSentEvent]:
    blank = ChatChunk(
        id=_id(asked.trace_id), created=int(time.time()), model=body.model, trace_id=asked.trace_id, choices=[]
    )
    yield _sent(_with(blank, Delta(role="assistant", content="")))
    try:
        async with aclosing(events):
            async for event in events:
                for chunk in _of_event(blank, event, body):
                    yield _sent(chunk)
    except HybridError as error:
        yield _failed(fault_of(type(error), str(error)), asked.trace_id)
    except Fault as fault:
        yield _failed(fault, asked.trace_id)
    yield ServerSentEvent("[DONE]")


def _of_event(blank: ChatChunk, event: AnswerEvent, body: ChatRequest) -> Iterator[ChatChunk]:
    match event:
        case CitationEvent():
            yield _with(blank, Delta(), citations=citations([event.citation]))
        case TextEvent():
            text = _TAKEN_BACK + event.text if event.replaces else event.text
            yield _with(blank, Delta(content=text), replaces=event.replaces)
        case DoneEvent():
            named = blank.model_copy(update={"model": event.answer.model})
            yield _with(named, Delta(), finish="stop", **_extras(event.answer))
            if body.stream_options is not None and body.stream_options.include_usage:
                yield named.model_copy(update={"usage": _usage(event.answer)})
        case _:
            pass


def _with(blank: ChatChunk, delta: Delta, *, finish: Literal["stop"] | None = None, **extras: Any) -> ChatChunk:
    return blank.model_copy(update={"choices": [ChunkChoice(delta=delta, finish_reason=finish)], **extras})


def _whole(answer: Answer) -> ChatAnswer:
    return ChatAnswer(
        id=_id(answer.trace_id),
        created=int(time.time()),
        model=answer.model,
        choices=[Choice(message=AnswerMessage(content=answer.text))],
        usage=_usage(answer),
        trace_id=answer.trace_id,
        **_extras(answer),
    )


def _extras(answer: Answer) -> dict[str, Any]:
    _, plus, adapter = answer.model.partition("+")
    return {
        "status": answer.status,
        "adapter": adapter if plus else None,
        "citations": citations(answer.citations),
        "passages": passages(answer.passages) if answer.status == "refused" else [],
        "related": related(answer),
    }


def _usage(answer: Answer) -> Usage:
    if answer.tokens is None:
        return Usage()
    read, written = answer.tokens.prompt, answer.tokens.reply
    return Usage(prompt_tokens=read, completion_tokens=written, total_tokens=read + written)


def _id(trace_id: str) -> str:
    return f"chatcmpl-{trace_id}"


def _sent(chunk: BaseModel) -> ServerSentEvent:
    return ServerSentEvent(chunk.model_dump_json())


def _failed(fault: Fault, trace_id: str) -> ServerSentEvent:
    # The status has been sent; OpenAI's clients raise an error when an event holds one.
    return JSONServerSentEvent(fault_fields(fault, trace_id))
