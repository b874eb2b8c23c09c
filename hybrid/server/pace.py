"""How long work takes as of late, and so how long whoever comes now would wait."""

from __future__ import annotations

import math

# The gains and the margin of TCP's timeout: Jacobson, "Congestion Avoidance and Control" (SIGCOMM 1988); RFC 6298.
_MEAN_GAIN, _DEVIATION_GAIN = 1 / 8, 1 / 4
_MARGIN = 4


class Pace:
    """A running mean of the seconds that slots are held, and of how far they stray from it.

    Args:
        workers: Slots.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._mean: float | None = None
        self._deviation = 0.0

    def note(self, seconds: float) -> None:
        """Take into account how long a slot was held."""
        if self._mean is None:
            self._mean, self._deviation = seconds, seconds / 2
            return
        error = seconds - self._mean
        self._mean += _MEAN_GAIN * error
        self._deviation += _DEVIATION_GAIN * (abs(error) - self._deviation)

    def wait(self, place: int) -> float:
        """Return the seconds after which a place in the queue will have its turn, rather too many than too few.

        Args:
            place: 1 is next; 0 does not wait.
        """
        if self._mean is None:
            return 0.0
        turns = place / self._workers
        # What strays to both sides evens out over many: deviations of a sum grow with its root.
        return turns * self._mean + _MARGIN * self._deviation * math.sqrt(turns)
