"""One thread that owns the model, a bounded queue before it, and replies written together."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from hybrid.errors import ModelBusyError, ModelError
from hybrid_adapters.local._batch import Batch
from hybrid_adapters.local._job import Job


class Scheduler:
    """Runs jobs; any number of threads may submit and cancel them.

    The thread works while there is work and waits in its pool otherwise; the pool ends it with the process.

    Args:
        batch: Used by the worker alone.
        capacity: Most jobs that wait.
    """

    def __init__(self, batch: Batch, capacity: int) -> None:
        self._batch = batch
        self._capacity = capacity
        self._waiting: deque[Job] = deque()
        self._guard = threading.Lock()
        self._working = False
        self._closed = False
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hybrid-model")

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue.

        Raises:
            ModelBusyError: As many wait as may.
            ModelError: The model was closed.
        """
        with self._guard:
            if self._closed:
                raise ModelError("the local model was closed; load it again")
            if len(self._waiting) >= self._capacity:
                raise ModelBusyError(f"{self._capacity} questions wait for the local model already; ask again later")
            self._waiting.append(job)
            if not self._working:
                self._working = True
                self._worker.submit(self._work)

    def cancel(self, job: Job) -> None:
        """End a job: it leaves the queue now, or the batch before its next step."""
        job.cancelled = True
        with self._guard:
            if job in self._waiting:
                self._waiting.remove(job)

    def close(self) -> None:
        """End all jobs and wait for the step that runs."""
        with self._guard:
            self._closed = True
        self._worker.shutdown(wait=True)

    def _work(self) -> None:
        while self._goes_on():
            try:
                self._batch.drop([job for job in self._batch.jobs if job.cancelled])
                self._admit()
                if self._batch.jobs:
                    self._batch.step()
            except Exception as error:
                self._fail_all(_failure(error))

    def _goes_on(self) -> bool:
        with self._guard:
            if self._closed:
                waiting, self._waiting = list(self._waiting), deque()
                for job in (*waiting, *self._batch.jobs):
                    job.fail(ModelError("the local model was closed while it replied"))
                self._batch.clear()
            self._working = bool(self._waiting or self._batch.jobs)
            return self._working

    def _admit(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._batch.join(job)
            except Exception as error:
                job.fail(_failure(error))

    def _next(self) -> Job | None:
        """Take the first job that may join; none overtakes another."""
        with self._guard:
            return self._waiting.popleft() if self._waiting and self._batch.admits(self._waiting[0]) else None

    def _fail_all(self, error: ModelError) -> None:
        for job in self._batch.jobs:
            job.fail(error)
        self._batch.clear()


def _failure(error: Exception) -> ModelError:
    if isinstance(error, ModelError):
        return error
    # The class alone: a message of the runtime could quote what it worked on.
    return ModelError(f"the local model failed with {type(error).__name__}; ask again, and look at memory and device")
