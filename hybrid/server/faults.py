"""What the server refuses, as HTTP knows it; every other failure is translated into one of these."""

from __future__ import annotations

from hybrid.errors import (
    AccessError,
    ConfigError,
    DeadlineError,
    HybridError,
    IndexStateError,
    ModelBusyError,
    ModelError,
)


class Fault(Exception):
    """An answer other than the one asked for.

    Args:
        message: One line for whoever asked, without text of documents.
        param: The part of the request that is at fault.
        retry_after: Seconds after which asking again makes sense.
    """

    status = 500
    code = "internal_error"

    def __init__(self, message: str, *, param: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after


class BadRequest(Fault):
    """The request cannot be meant."""

    status, code = 400, "invalid_request"


class SignInError(Fault):
    """Nobody is signed in, or the credential is not good."""

    status, code = 401, "not_signed_in"


class Forbidden(Fault):
    """Somebody is signed in who may not do this."""

    status, code = 403, "forbidden"


class NotFound(Fault):
    """There is no such thing for this principal; whether there is one for others is not said."""

    status, code = 404, "not_found"


class Conflict(Fault):
    """It is not as the request supposes."""

    status, code = 409, "conflict"


class TooLarge(Fault):
    """The body is larger than allowed."""

    status, code = 413, "body_too_large"


class TooSlow(Fault):
    """The client sends its body too slowly."""

    status, code = 408, "body_too_slow"


class TooMany(Fault):
    """One principal asks too often."""

    status, code = 429, "rate_limited"


class Unreachable(Fault):
    """A service that the answer depends on does not give one."""

    status, code = 502, "model_failed"


class Busy(Fault):
    """The server has more to do than it can."""

    status, code = 503, "overloaded"


class Unavailable(Fault):
    """The server cannot do this now."""

    status, code = 503, "unavailable"


class Overdue(Fault):
    """It took longer than allowed."""

    status, code = 504, "deadline"


INTERNAL = "something went wrong in the server; give the operator the trace id"

_FAULTS: tuple[tuple[type[HybridError], type[Fault], str | None], ...] = (
    (ModelBusyError, Busy, "the model has more to do than it can; ask again in a moment"),
    (DeadlineError, Overdue, "the model took longer than allowed; ask again, or something smaller"),
    (ModelError, Unreachable, "the model gave no answer; ask again, and tell the operator if it stays so"),
    (IndexStateError, Unavailable, "the documents cannot be searched now; ask again in a moment"),
    (ConfigError, BadRequest, None),
    (AccessError, BadRequest, None),
)


def fault_of(error: type[HybridError], message: str) -> Fault:
    """Return what an expected failure of the pipeline is called in an answer.

    What a question did wrong is said in the error's own words; what is wrong with the server is for its operator.
    """
    for kind, fault, instead in _FAULTS:
        if issubclass(error, kind):
            return fault(instead or message, retry_after=1.0 if fault.status == 503 else None)
    return Fault(INTERNAL)
