"""The identity provider's own credential: a bearer token of which the settings hold the hash."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from hybrid.server.faults import SignInError
from hybrid.server.guards import Shared
from hybrid.server.signin.credentials import bearer_of

PREFIX = "hybscim_"
"""How every token begins, so that a scanner for secrets finds one that was published."""

_documented = HTTPBearer(auto_error=False, description="The token of `hybrid keys scim`.", scheme_name="Provisioning")


def new_token() -> tuple[str, str]:
    """Return a new token, to be shown once, and its hash for ``[server.scim] token_sha256``."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, _hash(token)


async def provisioning(request: Request, services: Shared, _: Annotated[Any, Depends(_documented)]) -> None:
    """Let the identity provider through, and nobody else.

    Raises:
        SignInError: The request holds another credential, or none.
    """
    token = bearer_of(request) or ""
    if not secrets.compare_digest(_hash(token), services.settings.scim.token_sha256):
        raise SignInError(
            "this is for the identity provider; send the token of hybrid keys scim as Authorization: Bearer"
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
