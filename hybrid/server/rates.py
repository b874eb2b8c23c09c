"""How often one principal may ask."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from hybrid.server.faults import TooMany

_REMEMBERED = 10_000


class Rates:
    """A bucket of tokens for each key, filled evenly and full at first.

    Buckets of the least recent keys are forgotten beyond 10,000: a bucket that was not used for a minute is full again,
    so that forgetting one gives away little.

    Args:
        per_minute: Tokens that a bucket holds and gets back in a minute.
        clock: Seconds, never going back.
    """

    def __init__(self, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Take a token.

        Raises:
            TooMany: There is none left.
        """
        now = self._clock()
        left, then = self._buckets.pop(key, (self._size, now))
        left = min(self._size, left + (now - then) * self._per_second)
        self._buckets[key] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if left < 1:
            raise TooMany(
                "you ask more often than allowed; wait, then ask again", retry_after=(1 - left) / self._per_second
            )
