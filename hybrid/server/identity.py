"""Who is signed in, and what a way to sign in has to implement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection

from hybrid.types import Principal


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A principal, and how the server came to believe in it."""

    principal: Principal
    """On whose behalf everything is read."""

    method: str
    """How it signed in: ``key``, ``proxy``, ``bearer``, ``session``, ``dev`` or ``visitor``."""

    key: str
    """What its requests are counted under; never a secret."""

    csrf: str | None = None
    """Token that unsafe requests must repeat; None where a browser does not send the credential by itself."""


class SignIn(Protocol):
    """One way to sign in."""

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return who makes the request, or None where it holds no credential of this kind.

        Raises:
            SignInError: It holds one that is not good; nobody is asked further.
        """
        ...


Chain = Sequence[SignIn]
"""Ways to sign in, asked in order."""
