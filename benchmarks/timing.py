"""Timing that other work on the machine disturbs least: everything compared runs in turns, A B A B."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

Call = Callable[[int], object]
"""Runs the measured thing once, for the question of that number."""

_WARM_UP = 5


def interleaved(calls: Mapping[str, Call], rounds: int, *, warm_up: int = _WARM_UP) -> dict[str, list[float]]:
    """Return the seconds of every call.

    Every candidate answers every question once, but never the one that its neighbour has just answered: what that one
    left in the caches would help.
    """
    for question in range(warm_up):
        for call in calls.values():
            call(question)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    gc.collect()
    apart = {name: position * rounds // len(calls) for position, name in enumerate(calls)}
    for turn in range(rounds):
        for name, call in _rotated(calls, turn):
            seconds[name].append(timed(call, (turn + apart[name]) % rounds))
    return seconds


def timed(call: Call, question: int) -> float:
    """Return the seconds of one call."""
    started = time.perf_counter()
    call(question)
    return time.perf_counter() - started


def percentile(seconds: Sequence[float], part: float) -> float:
    """Return the value that ``part`` per cent of all do not exceed."""
    return float(np.percentile(seconds, part))


def _rotated(calls: Mapping[str, Call], by: int) -> Iterable[tuple[str, Call]]:
    """Return the candidates with another one first each time, so that none always follows the same neighbour."""
    items = list(calls.items())
    start = by % len(items)
    return [*items[start:], *items[:start]]
