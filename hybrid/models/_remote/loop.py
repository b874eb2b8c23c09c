"""One event loop in a thread of its own for all remote models of the process, while there are any."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from hybrid.errors import ModelError
from hybrid.models._remote.sdk import sdk, unlogged

_CLOSING = 5.0


class CallLoop:
    """Runs calls until it is closed; then it ends them and closes the connections that LiteLLM holds for it.

    LiteLLM keeps clients and a logging worker by event loop, so a loop for each call would leave them behind.
    """

    def __init__(self) -> None:
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hybrid-remote", daemon=True)
        self._thread.start()
        self._started.wait()

    def start(self, call: Coroutine[Any, Any, None]) -> Future[None]:
        """Start a call; cancelling what comes back ends it.

        Raises:
            ModelError: The loop is closed.
        """
        try:
            return asyncio.run_coroutine_threadsafe(call, self._loop)
        except RuntimeError:
            call.close()
            raise ModelError("the remote model was closed before it was asked; make another") from None

    def close(self) -> None:
        """End all calls and close all connections; comes back when they are."""
        self._loop.call_soon_threadsafe(self._stop.set)
        # A finalizer may run in any thread, this one included.
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._until_closed())

    async def _until_closed(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()
        with unlogged(), suppress(TimeoutError):
            async with asyncio.timeout(_CLOSING):
                await _end_calls()
                await _close_clients()


async def _end_calls() -> None:
    calls = asyncio.all_tasks() - {asyncio.current_task()}
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def _close_clients() -> None:
    """Close the clients of this loop, and no others: LiteLLM's own function closes those of the application too."""
    cache = sdk().in_memory_llm_clients_cache
    own = f"-{id(asyncio.get_running_loop())}"
    for key in [key for key in cache.cache_dict if key.endswith(own)]:
        # Taken out, because a later loop may get the same id.
        client = cache.cache_dict.pop(key)
        cache.ttl_dict.pop(key, None)
        await client.close()


class _Shared:
    """Counts who uses the loop."""

    def __init__(self) -> None:
        # Reentrant, because a finalizer may run in the middle of a call.
        self._guard = threading.RLock()
        self._users = 0
        self._loop: CallLoop | None = None

    def borrow(self) -> CallLoop:
        with self._guard:
            self._loop = self._loop or CallLoop()
            self._users += 1
            return self._loop

    def give_back(self) -> None:
        with self._guard:
            self._users -= 1
            if self._users or self._loop is None:
                return
            loop, self._loop = self._loop, None
        loop.close()


_SHARED = _Shared()


class LoopLease:
    """Keeps the process's loop running until it ends or nobody holds it; the last one to end closes the loop."""

    def __init__(self) -> None:
        self.loop = _SHARED.borrow()
        self._returned = weakref.finalize(self, _SHARED.give_back)

    def end(self) -> None:
        """Give the loop back; a second time does nothing."""
        self._returned()
