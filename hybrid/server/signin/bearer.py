"""Tokens of the OpenID Connect provider, sent with each request."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from hybrid.server.identity import Identity
from hybrid.server.signin.credentials import bearer_of
from hybrid.server.signin.tokens import Tokens


class BearerSignIn:
    """Takes the provider's tokens.

    Args:
        tokens: Checks them.
        audience: What they must be made for.
    """

    def __init__(self, tokens: Tokens, *, audience: str) -> None:
        self._tokens = tokens
        self._audience = audience

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return whom the token is about, or None where there is none.

        Raises:
            SignInError: It is not good.
            Forbidden: It leaves the groups out.
            Unavailable: The provider's keys cannot be had.
        """
        token = bearer_of(connection)
        if token is None:
            return None
        principal = self._tokens.principal(await self._tokens.claims(token, audience=self._audience))
        return Identity(principal=principal, method="bearer", key=f"oidc:{principal.user}")
