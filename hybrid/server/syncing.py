"""The sync inside the server: one at a time, beside the answers, ended between two batches when the server stops."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Literal

from hybrid.errors import HybridError, StoppedError
from hybrid.pipeline import Pipeline
from hybrid.sync import ProgressCallback, SyncProgress, SyncReport
from hybrid.watching import RESCAN_SECONDS

_LOG = logging.getLogger("hybrid.server")

Changes = Callable[[], AsyncGenerator[bool]]
"""Yields again and again whether a source has changed."""


@dataclass(frozen=True, kw_only=True)
class SyncState:
    """Where the sync stands."""

    state: Literal["never", "running", "done", "failed"] = "never"
    """What the last one has come to."""

    progress: SyncProgress | None = None
    """How far the running one is."""

    report: SyncReport | None = None
    """What the last one to end did."""

    error: str = ""
    """Why the last one failed."""


class Syncing:
    """Syncs a pipeline, one run at a time.

    Args:
        pipeline: What is kept up to date.
        every: Seconds between two syncs, the first at once; 0 only when asked.
        changes: Tells when a source has changed, to sync then as well; nobody tells, when left out.
    """

    def __init__(self, pipeline: Pipeline, *, every: float, changes: Changes | None = None) -> None:
        self._pipeline = pipeline
        self._every = every
        self._changes = changes
        self._held = threading.Lock()
        self._stopping = threading.Event()
        self.state = SyncState()
        """Where the sync stands."""

    def start(self) -> bool:
        """Begin a sync in a thread of its own; False where one runs already."""
        if self._stopping.is_set() or not self._held.acquire(blocking=False):
            return False
        self.state = replace(self.state, state="running", progress=None, error="")
        # A daemon, so that a document that takes minutes to read cannot hold up the end of the process.
        threading.Thread(target=self._run_held, name="hybrid-sync", daemon=True).start()
        return True

    def run(self, *, progress: ProgressCallback, accept_empty: Collection[str] = ()) -> SyncReport:
        """Sync in this thread, as soon as the one that runs has ended.

        Raises:
            StoppedError: The server is being stopped.
            HybridError: As ``Pipeline.sync`` does.
        """
        with self._held:
            self.state = replace(self.state, state="running", progress=None, error="")
            return self._sync(progress, accept_empty)

    async def keep_up(self) -> None:
        """Sync at once, when it is due and when a source has changed, until cancelled."""
        due, wanted = time.monotonic(), True
        async with aclosing(self._ticks()) as ticks:
            async for changed in ticks:
                wanted = wanted or changed or (self._every > 0 and time.monotonic() >= due)
                # What changes while one runs may have come too late for it: the next one follows.
                if wanted and self.start():
                    due, wanted = time.monotonic() + self._every, False

    def stop(self, seconds: float) -> bool:
        """End a running sync between two batches of documents; False where it does not end in time."""
        self._stopping.set()
        ended = self._held.acquire(timeout=seconds)
        if ended:
            self._held.release()
        return ended

    async def _ticks(self) -> AsyncGenerator[bool]:
        if self._changes is not None:
            try:
                async with aclosing(self._changes()) as changes:
                    async for changed in changes:
                        yield changed
            except OSError as error:  # the system watches no more folders than it is allowed to
                _LOG.error("watching failed", extra={"fields": {"error": type(error).__name__}})
                self._every = self._every or RESCAN_SECONDS
        while self._every > 0:
            yield False
            await asyncio.sleep(self._every)

    def _run_held(self) -> None:
        try:
            # The state tells it; a connector is anybody's code, and the next sync must still happen.
            with suppress(Exception):
                self._sync(None, ())
        finally:
            self._held.release()

    def _sync(self, progress: ProgressCallback | None, accept_empty: Collection[str]) -> SyncReport:
        def at(where: SyncProgress) -> None:
            self._go_on()
            self.state = replace(self.state, progress=where)
            if progress is not None:
                progress(where)

        try:
            self._go_on()
            report = self._pipeline.sync(progress=at, accept_empty=accept_empty)
        except Exception as error:
            self._failed(error)
            raise
        self.state = SyncState(state="done", report=report)
        _LOG.info("sync", extra={"fields": {"counts": dict(report.counts), "seconds": report.seconds}})
        return report

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise StoppedError("the server is being stopped; what was synced stays, sync again to go on")

    def _failed(self, error: Exception) -> None:
        message = str(error) if isinstance(error, HybridError) else type(error).__name__
        self.state = replace(self.state, state="failed", progress=None, error=message)
        _LOG.error("sync failed", extra={"fields": {"error": type(error).__name__}})
