"""The sync inside the server: one at a time, beside the answers, ended between two batches when the server stops."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from hybrid.errors import HybridError
from hybrid.pipeline import Pipeline
from hybrid.sync import SyncProgress, SyncReport

_LOG = logging.getLogger("hybrid.server")


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


class _Stopped(Exception):
    """The server stops while a sync runs."""


class Syncing:
    """Syncs a pipeline in a thread of its own.

    Args:
        pipeline: What is kept up to date.
        every: Seconds between two syncs, the first at once; 0 only when asked.
    """

    def __init__(self, pipeline: Pipeline, *, every: float) -> None:
        self._pipeline = pipeline
        self._every = every
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self.state = SyncState()
        """Where the sync stands."""

    def start(self) -> bool:
        """Begin a sync; False where one runs already."""
        if self._stopping.is_set() or (self._thread is not None and self._thread.is_alive()):
            return False
        self.state = replace(self.state, state="running", progress=None, error="")
        # A daemon, so that a document that takes minutes to read cannot hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name="hybrid-sync", daemon=True)
        self._thread.start()
        return True

    async def keep_up(self) -> None:
        """Sync again and again until cancelled."""
        while self._every > 0:
            self.start()
            await asyncio.sleep(self._every)

    def stop(self, seconds: float) -> bool:
        """End a running sync between two batches of documents; False where it does not end in time."""
        self._stopping.set()
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        with suppress(_Stopped):
            try:
                report = self._pipeline.sync(progress=self._progress)
            except HybridError as error:
                self._failed(error)
            except _Stopped:
                raise
            except Exception as error:  # a connector is anybody's code; the next sync must still happen
                self._failed(error)
            else:
                self.state = SyncState(state="done", report=report)
                _LOG.info("sync", extra={"fields": {"counts": dict(report.counts), "seconds": report.seconds}})

    def _progress(self, progress: SyncProgress) -> None:
        if self._stopping.is_set():
            raise _Stopped
        self.state = replace(self.state, progress=progress)

    def _failed(self, error: Exception) -> None:
        message = str(error) if isinstance(error, HybridError) else type(error).__name__
        self.state = replace(self.state, state="failed", progress=None, error=message)
        _LOG.error("sync failed", extra={"fields": {"error": type(error).__name__}})
