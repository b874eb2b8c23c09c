"""An answer shown while it is made: text as it is verified, then what it cites; or one JSON event per line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from rich.console import Group

from hybrid._cli._display import Display, Steps
from hybrid._cli._passages import below_answer
from hybrid.answering.event_fields import event_fields
from hybrid.answering.events import AnswerEvent, DoneEvent, ErrorEvent, StageEvent, TextEvent
from hybrid.errors import ModelError
from hybrid.types import Answer

_TAKEN_BACK = "\n\nThis was taken back, a source does not hold it any more. Instead:\n"


def show_stream(events: Iterator[AnswerEvent], display: Display) -> Answer:
    """Show events as they come and return the answer.

    Raises:
        ModelError: The model gave no answer.
    """
    last = _show_lines(events, display) if display.json else _show_text(events, display)
    if isinstance(last, DoneEvent):
        return last.answer
    assert isinstance(last, ErrorEvent)
    raise ModelError(last.message)


def _show_lines(events: Iterator[AnswerEvent], display: Display) -> AnswerEvent | None:
    last = None
    for last in events:
        display.line(event_fields(last))
    return last


def _show_text(events: Iterator[AnswerEvent], display: Display) -> AnswerEvent | None:
    with display.steps() as steps:
        first = last = _first_to_read(events, steps)
    shown = False
    for last in chain([first], events):
        if isinstance(last, TextEvent):
            display.text(_TAKEN_BACK + last.text if last.replaces else last.text)
            shown = True
    if shown:
        display.text("\n")
    if isinstance(last, DoneEvent) and (below := below_answer(last.answer)):
        display.result(Group(*below), last.answer)
    return last


def _first_to_read(events: Iterator[AnswerEvent], steps: Steps) -> AnswerEvent:
    for event in events:
        if isinstance(event, StageEvent):
            steps(event.stage, 0, None)
        elif isinstance(event, TextEvent | DoneEvent | ErrorEvent):
            return event
    raise AssertionError("a stream ends with an answer or an error")
