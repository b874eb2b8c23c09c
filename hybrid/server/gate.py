"""How much is done at once: a fixed number of slots, a short queue before them, and an honest no to the rest."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TypeVar

from hybrid.server.abandoning import bound_to
from hybrid.server.faults import Busy, Overdue, Unavailable
from hybrid.server.pace import Pace

T = TypeVar("T")

_RETRY_AFTER = 1.0
_BUSY = "the server has more to do than it can; ask again in a moment"


class Gate:
    """Admits requests to the pipeline, whose calls block, and runs them in threads.

    A call in a thread cannot be cancelled. A request whose client has gone gives its slot back at once and leaves its
    thread to come to the end of the step it is in; there are twice as many threads as slots, so that those which nobody
    waits for any more hold up nobody else, and no more than that many are ever made.

    Args:
        workers: Slots.
        waiting: Requests that may wait for one.
        wait: Seconds that one may wait; who would wait longer is turned away at once.
        deadline: Seconds that a request may take, waiting included.
    """

    def __init__(self, *, workers: int, waiting: int, wait: float, deadline: float) -> None:
        self._workers = workers
        self._slots = asyncio.Semaphore(workers)
        self._threads = ThreadPoolExecutor(max_workers=2 * workers, thread_name_prefix="hybrid-serve")
        self._waiting = waiting
        self._wait = wait
        self._pace = Pace(workers)
        self._deadline = deadline
        self.closed = False
        """Whether nobody is admitted any more."""
        self.admitted = 0
        """Requests that have a slot or wait for one."""

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[Slot]:
        """Hold a slot while the block runs.

        Raises:
            Busy: Too many wait already, or it takes too long until it is free.
            Overdue: The deadline passed while waiting.
            Unavailable: The server is being stopped.
        """
        if self.closed:
            raise Unavailable("the server is being stopped; ask again in a moment", retry_after=_RETRY_AFTER)
        self._check_queue()
        now = asyncio.get_running_loop().time
        started = now()
        until = started + self._deadline
        self.admitted += 1
        try:
            await self._turn(started, until)
            since = now()
            try:
                yield Slot(self._threads, until)
            finally:
                self._slots.release()
                self._pace.note(now() - since)
        finally:
            self.admitted -= 1

    def _check_queue(self) -> None:
        place = max(0, self.admitted - self._workers + 1)
        expected = self._pace.wait(place)
        if place > self._waiting or expected > self._wait:
            raise Busy(_BUSY, retry_after=max(_RETRY_AFTER, expected - self._wait))

    async def _turn(self, started: float, until: float) -> None:
        """Wait for a slot."""
        async with _by(until):
            try:
                async with asyncio.timeout_at(started + self._wait):
                    await self._slots.acquire()
            except TimeoutError:
                if asyncio.get_running_loop().time() >= until:
                    raise
                raise Busy(_BUSY, retry_after=max(_RETRY_AFTER, self._pace.wait(1))) from None

    def close(self) -> None:
        """Admit nobody any more."""
        self.closed = True

    def stop(self, seconds: float) -> bool:
        """Wait for the calls that still run; False where they do not come to their end in time."""
        ending = threading.Thread(target=self._threads.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        ending.start()
        ending.join(seconds)
        return not ending.is_alive()


class Slot:
    """The right to use the pipeline until a moment."""

    def __init__(self, threads: ThreadPoolExecutor, until: float) -> None:
        self._threads = threads
        self._until = until

    async def run(self, call: Callable[[], T]) -> T:
        """Return what a blocking call returns.

        Raises:
            Overdue: It takes longer than is left.
        """
        async with _by(self._until):
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def steps(self, events: Generator[T, None, None]) -> AsyncGenerator[T]:
        """Yield what a blocking generator yields; it is closed when nobody takes its events any more.

        Raises:
            Overdue: It takes longer than is left.
        """
        loop = asyncio.get_running_loop()
        step: asyncio.Future[T | None] | None = None
        gone = threading.Event()
        following = bound_to(gone, partial(next, events, None))
        try:
            while True:
                step = loop.run_in_executor(self._threads, following)
                async with _by(self._until):
                    # Shielded, because what is cancelled here would run on in its thread unobserved.
                    event = await asyncio.shield(step)
                if event is None:
                    return
                yield event
        finally:
            gone.set()
            _close_after(step, events, self._threads)


@asynccontextmanager
async def _by(until: float) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise Overdue("the answer took longer than allowed; ask again, or something smaller") from None


def _close_after(
    step: asyncio.Future[T | None] | None, events: Generator[T, None, None], threads: ThreadPoolExecutor
) -> None:
    """Close a generator as soon as it no longer runs: one that does cannot be closed."""

    def close(_: object) -> None:
        if step is not None and not step.cancelled():
            step.exception()
        with suppress(RuntimeError):  # the pool was shut down: the process is about to end
            threads.submit(events.close)

    if step is None or step.done():
        close(None)
    else:
        step.add_done_callback(close)
