"""Those who do not sign in."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from hybrid.server.faults import SignInError
from hybrid.server.identity import Identity
from hybrid.server.signin.credentials import bearer_of
from hybrid.types import ANONYMOUS


class Visitors:
    """Takes whoever has no credential for a visitor, who sees what is public; it must be asked last."""

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return a visitor, counted by address.

        Raises:
            SignInError: There is a credential that nobody before knew: who sends one means to be somebody.
        """
        if bearer_of(connection) is not None:
            raise SignInError("the credential is of no kind that this server takes; send another, or none")
        address = connection.client.host if connection.client else "unknown"
        return Identity(principal=ANONYMOUS, method="visitor", key=f"visitor:{address}")
