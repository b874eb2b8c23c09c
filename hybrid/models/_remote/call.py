"""One call of a service: spoken in the loop's thread, heard in the caller's, who never waits longer than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from hybrid.models._remote.clock import Clock
from hybrid.models._remote.failures import CallFailed, failure_of
from hybrid.models._remote.loop import CallLoop
from hybrid.models._remote.sdk import unlogged
from hybrid.models._remote.unheard import unheard_completion
from hybrid.types import TokenCounts

MOST_CHARACTERS = 100_000
"""A reply is cut off here; none that a contract admits comes near it."""

_Arrived = str | TokenCounts | CallFailed | None


def heard(loop: CallLoop, clock: Clock, parameters: Mapping[str, Any]) -> Generator[str | TokenCounts, None, None]:
    """Yield the pieces of a streamed completion, and its tokens where they are told; closing it breaks the call off.

    LiteLLM's timeouts are not relied on: its default is 6,000 s, and streams that stall or die are not always noticed
    (LiteLLM issues 19184 and 26939, pull request 39898).

    Args:
        loop: Where the call runs.
        clock: How long to wait.
        parameters: What ``litellm.acompletion`` takes.

    Raises:
        DeadlineError: A limit was missed; the connection is closed.
        CallFailed: The call ended without a whole reply.
    """
    arrived: SimpleQueue[_Arrived] = SimpleQueue()
    running = loop.start(_spoken(parameters, arrived.put))
    begun, since = False, monotonic()
    piece: _Arrived = None
    try:
        while True:
            try:
                piece = arrived.get(timeout=clock.wait(begun=begun, since=since))
            except Empty:
                raise clock.missed(parameters["model"], begun=begun) from None
            if piece is None:
                return
            if isinstance(piece, CallFailed):
                raise piece
            begun, since = True, monotonic()
            yield piece
    finally:
        running.cancel()
        # A frame and the error raised in it would keep each other, and with them the loop.
        del piece


async def _spoken(parameters: Mapping[str, Any], put: Callable[[_Arrived], None]) -> None:
    """Put pieces, then None or what went wrong; only values leave, because LiteLLM's errors repeat what was sent."""
    with unlogged():
        try:
            stream = await unheard_completion(parameters)
            try:
                await _read(stream, put)
            finally:
                with suppress(Exception):
                    await stream.aclose()
            put(None)
        except asyncio.CancelledError:
            put(CallFailed("the model was closed"))
            raise
        except Exception as error:
            put(failure_of(error))


async def _read(stream: Any, put: Callable[[_Arrived], None]) -> None:
    characters = 0
    async for chunk in stream:
        text = chunk.choices[0].delta.content if chunk.choices else None
        if text:
            put(text)
            characters += len(text)
        if usage := getattr(chunk, "usage", None):
            put(TokenCounts(prompt=usage.prompt_tokens, reply=usage.completion_tokens))
        if characters > MOST_CHARACTERS:
            return
