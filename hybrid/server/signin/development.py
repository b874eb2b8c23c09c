"""Sign-in without a proof, for trying things out on one's own machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import HTTPConnection

from hybrid.server.faults import SignInError
from hybrid.server.identity import Identity
from hybrid.server.signin.credentials import bearer_of
from hybrid.types import ANONYMOUS, Principal

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class DevelopmentSignIn:
    """Believes whoever says who they are: ``Authorization: Bearer NAME``; nobody said is a visitor.

    Only for a server that nobody else can reach. A page of another site could reach it under a name of its own that
    points at this machine, so the name that a browser was given must be one of the loopback's.

    Args:
        people: Groups by user.
    """

    def __init__(self, people: Mapping[str, Sequence[str]]) -> None:
        self._people = {name: Principal(user=name, groups=frozenset(groups)) for name, groups in people.items()}

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return the person that is named, or a visitor.

        Raises:
            SignInError: There is no such person, or the request was meant for another host.
        """
        host = connection.headers.get("host", "").rpartition(":")
        name = host[0] if host[0] and host[2].isdigit() else connection.headers.get("host", "")
        if name not in _LOOPBACK:
            raise SignInError("the development server answers to localhost and 127.0.0.1 only")
        person = bearer_of(connection)
        if person is None:
            return Identity(principal=ANONYMOUS, method="dev", key="dev:visitor")
        if person not in self._people:
            raise SignInError("there is no such person; [server.people] in hybrid.toml names them")
        return Identity(principal=self._people[person], method="dev", key=f"dev:{person}")
