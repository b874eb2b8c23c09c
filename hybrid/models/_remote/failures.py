"""What went wrong with a call, without a word of what the service sent: that may repeat the key or the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from hybrid.errors import ModelBusyError, ModelError

_BUSY = 429
_AGAIN = frozenset({408, 409, 425, _BUSY})
_HINTS = {
    400: "check that it takes such requests",
    401: "set its provider's key in the environment",
    403: "check what its provider's key may do",
    404: "check its name",
    _BUSY: "ask again later",
}


class CallFailed(Exception):
    """A call that ended without a whole reply.

    Args:
        reason: Status and class, such as ``429 RateLimitError``.
        status: HTTP status, where there is one.
        passing: Whether the same call may succeed a little later.
        after: Seconds that the service asks to wait.
    """

    def __init__(
        self, reason: str, *, status: int | None = None, passing: bool = False, after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.passing = passing
        self.after = after

    def for_user(self, name: str) -> ModelError:
        """Return the error that says so of a model."""
        hint = _HINTS.get(self.status or 0, "ask again later, or name fallbacks under [answer]")
        kind = ModelBusyError if self.status == _BUSY else ModelError
        return kind(f"remote model {name!r} gives no answer ({self}); {hint}")


def failure_of(error: Exception) -> CallFailed:
    """Return what is safe to tell of an error of LiteLLM or of the connection."""
    found: object = getattr(error, "status_code", None)
    status = found if isinstance(found, int) else None
    name = type(error).__name__
    return CallFailed(
        f"{status} {name}" if status else name,
        status=status,
        passing=isinstance(error, OSError) if status is None else status in _AGAIN or status >= 500,
        # LiteLLM makes up ``response``; what the service sent is beside it.
        after=_wanted_pause(getattr(error, "litellm_response_headers", None)),
    )


def _wanted_pause(headers: Any) -> float | None:
    """Return the seconds of ``Retry-After`` (RFC 9110, 10.2.3), which is a number or a date."""
    value = headers.get("retry-after") if isinstance(headers, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(value, str):
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except ValueError:
        return None
