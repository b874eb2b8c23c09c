"""Events as JSON values: what ``hybrid ask --stream --json`` prints and a server sends."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hybrid.answering.events import (
    AnswerEvent,
    CitationEvent,
    DoneEvent,
    ErrorEvent,
    EvidenceEvent,
    StageEvent,
    TextEvent,
)

_NAMES: dict[type[AnswerEvent], str] = {
    StageEvent: "status",
    EvidenceEvent: "evidence",
    CitationEvent: "citation",
    TextEvent: "text",
    DoneEvent: "done",
    ErrorEvent: "error",
}


def event_fields(event: AnswerEvent) -> dict[str, Any]:
    """Return an event's fields under their own names, after ``event``, which says what kind of event it is.

    Kinds are ``status``, ``evidence``, ``citation``, ``text``, ``done`` and ``error``. Everything in it is a JSON value
    but an answer's ``data``, which is the contract's pydantic model.

    Example:
        >>> event_fields(TextEvent(text="Within 5 working days. [1]"))
        {'event': 'text', 'text': 'Within 5 working days. [1]', 'replaces': False}
    """
    return {"event": _NAMES[type(event)], **asdict(event)}
