"""Sessions of the page: who signed in, kept by the browser in a cookie that only this server can read."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response

from hybrid.server.faults import Forbidden, SignInError
from hybrid.server.identity import Identity
from hybrid.server.signin.sealed import Seal
from hybrid.types import Principal

_PURPOSE = "session"
# What browsers keep of one cookie, name and attributes included, is 4,096 bytes.
_LONGEST = 3_800


class Sessions:
    """Begins, reads and ends sessions.

    A session holds the groups of the moment of sign-in, so that it ends when these are too old; a page then sends the
    browser to the provider again, which asks nothing where the person is still signed in there.

    Args:
        seal: Makes cookies unreadable.
        seconds: How long a session says in which groups somebody is.
        https: Whether cookies are for https only.
        clock: Seconds since 1970.
    """

    def __init__(self, seal: Seal, *, seconds: float, https: bool, clock: Callable[[], float]) -> None:
        self._seal = seal
        self._seconds = seconds
        self._https = https
        self._clock = clock
        # Browsers take a cookie of this name from this very host only, by https only.
        self._name = "__Host-hybrid" if https else "hybrid"

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return whose session it is, or None where there is none.

        Raises:
            SignInError: It has ended.
        """
        cookie = connection.cookies.get(self._name)
        if cookie is None:
            return None
        session = self._seal.open(_PURPOSE, cookie)
        if session is None or self._clock() - session["begun"] > self._seconds:
            raise SignInError("the session has ended; sign in again")
        principal = Principal(user=session["user"], groups=frozenset(session["groups"]))
        return Identity(principal=principal, method="session", key=f"oidc:{principal.user}", csrf=session["csrf"])

    def begin(self, response: Response, principal: Principal) -> None:
        """Give a browser the session of a principal.

        Raises:
            Forbidden: Its groups do not fit into a cookie; none is left out, since a denial could depend on it.
        """
        session = {
            "user": principal.user,
            "groups": sorted(principal.groups),
            "begun": self._clock(),
            "csrf": secrets.token_urlsafe(24),
        }
        cookie = self._seal.close(_PURPOSE, session)
        if len(cookie) > _LONGEST:
            raise Forbidden("your groups are too many for a session; ask the operator to map those in use")
        response.set_cookie(
            self._name, cookie, max_age=int(self._seconds), path="/", secure=self._https, httponly=True, samesite="lax"
        )

    def end(self, response: Response) -> None:
        """Take the session from a browser."""
        response.delete_cookie(self._name, path="/", secure=self._https, httponly=True, samesite="lax")
