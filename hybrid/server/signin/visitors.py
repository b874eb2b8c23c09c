"""Those who do not sign in."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from hybrid.server.identity import Identity
from hybrid.types import ANONYMOUS


class Visitors:
    """Takes whoever has no credential for a visitor, who sees what is public; it must be asked last."""

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return a visitor, counted by address."""
        address = connection.client.host if connection.client else "unknown"
        return Identity(principal=ANONYMOUS, method="visitor", key=f"visitor:{address}")
