"""Where a request keeps its credential."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from hybrid.server.faults import SignInError


def bearer_of(connection: HTTPConnection) -> str | None:
    """Return what follows ``Authorization: Bearer``, or None where there is no such header.

    Raises:
        SignInError: There is a header of another kind, or more than one.
    """
    sent = connection.headers.getlist("authorization")
    if not sent:
        return None
    kind, _, token = sent[0].partition(" ")
    if len(sent) > 1 or kind.lower() != "bearer" or not token.strip():
        raise SignInError("the Authorization header is not of the form: Bearer TOKEN")
    return token.strip()
