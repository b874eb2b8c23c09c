"""Threads that embed: in bulk, giving way to whoever is searching, or for somebody who waits."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_NICENESS = 10


class Workers:
    """A pool of threads, started on first use.

    Args:
        threads: How many.
        give_way: Whether they have a low priority.
    """

    def __init__(self, threads: int, *, give_way: bool) -> None:
        self._threads = threads
        self._begin = _give_way if give_way else None
        self._pool: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return the results in the order of the items; an interrupt drops what has not started yet."""
        with self._starting:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, "embedding", initializer=self._begin)
        return list(self._pool.map(function, items))


def _give_way() -> None:
    # Only Linux gives each thread its own niceness; elsewhere the call would hit a process with the thread's number.
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)
