"""Replies that end when nobody waits for them any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

from hybrid.answering.request import ReplyPieces, ReplyRequest
from hybrid.errors import ModelError
from hybrid.protocols import Model

P = ParamSpec("P")
T = TypeVar("T")

_gone: ContextVar[threading.Event | None] = ContextVar("gone", default=None)


class Abandoning:
    """A model that looks between two pieces whether its client is still there.

    An answer's generator cannot be closed while it runs, and between two events it may run for as long as a model takes
    to write; so the model itself has to notice.

    Args:
        model: Writes the replies.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return self._model.name

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        """Yield the model's pieces.

        Raises:
            ModelError: Nobody waits for them, or whatever the model raises.
        """
        gone = _gone.get()
        pieces = self._model.reply(request)
        try:
            for piece in pieces:
                if gone is not None and gone.is_set():
                    raise ModelError("nobody waits for the reply any more; ask again")
                yield piece
        finally:
            getattr(pieces, "close", _nothing)()


def bound_to(gone: threading.Event, call: Callable[P, T]) -> Callable[P, T]:
    """Return a call during which models notice an event: whoever it is made for has gone."""
    context = copy_context()
    context.run(_gone.set, gone)
    return lambda *arguments, **named: context.run(call, *arguments, **named)


def _nothing() -> None:
    """Close what has nothing to close."""
