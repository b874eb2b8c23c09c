"""How long a reply may still take, by this process's own clock."""

from __future__ import annotations

from time import monotonic

from hybrid.answering.request import Limits
from hybrid.errors import DeadlineError

_LONGEST = 3_600.0


class Clock:
    """Starts when it is made.

    Args:
        limits: ``first_token`` and ``idle`` hold for each call, ``total`` for all calls of a reply together.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ends = monotonic() + min(_LONGEST, _LONGEST if limits.total is None else limits.total)

    @property
    def left(self) -> float:
        """Seconds until the total is used up; never below 0."""
        return max(0.0, self._ends - monotonic())

    def wait(self, *, begun: bool, since: float) -> float:
        """Return how many seconds the next piece may take.

        Args:
            begun: Whether a piece has come.
            since: When the call began or the last piece came, by ``time.monotonic``.
        """
        limit = self._limits.idle if begun else self._limits.first_token
        own = _LONGEST if limit is None else max(0.0, since + limit - monotonic())
        return min(own, self.left)

    def missed(self, name: str, *, begun: bool) -> DeadlineError:
        """Return the error that says which limit a model missed."""
        if not self.left:
            which, limit = "total", self._limits.total
        elif begun:
            which, limit = "idle", self._limits.idle
        else:
            which, limit = "first_token", self._limits.first_token
        seconds = _LONGEST if limit is None else limit
        return DeadlineError(
            f"remote model {name!r} took longer than {seconds:g} s ({which}); raise it under [answer.limits], or name "
            f"fallbacks"
        )
