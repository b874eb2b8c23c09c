"""What an OpenID Connect provider publishes: its addresses and the keys that it signs with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from pydantic import BaseModel, ValidationError

from hybrid.server.faults import Unavailable

_LOG = logging.getLogger("hybrid.server")
_TIMEOUT = 5.0
# Tokens with made-up key names must not make the server ask the provider more often than this.
_BETWEEN_TRIES = 10.0
# So long a provider may be away before its keys are trusted no more.
_KEPT = 3600.0


class Addresses(BaseModel):
    """The provider's discovery document, as far as it is used."""

    issuer: str
    """Its name."""

    authorization_endpoint: str
    """Where people sign in."""

    token_endpoint: str
    """Where a code is exchanged for tokens."""

    jwks_uri: str
    """Where its keys are."""


class Published:
    """Fetches and keeps a provider's addresses and keys.

    A token signed with a key that is not known makes it look for new ones at once, so that a rotation of keys is not
    noticed by anybody; a key that the provider has withdrawn is gone when the keys are fetched again.

    Args:
        issuer: Address of the provider.
        keys_for: Seconds after which keys are fetched again.
        clock: Seconds since 1970.
    """

    def __init__(self, issuer: str, *, keys_for: float, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._keys_for = keys_for
        self._clock = clock
        self._client = httpx2.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)
        self._fetching = asyncio.Lock()
        self._addresses: Addresses | None = None
        self._keys: KeySet | None = None
        self._fetched = 0.0
        self._tried = float("-inf")

    async def addresses(self) -> Addresses:
        """Return the provider's addresses.

        Raises:
            Unavailable: It cannot be reached, or is another than was configured.
        """
        if self._addresses is None:
            try:
                found = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                addresses = Addresses.model_validate(found)
            except (httpx2.HTTPError, ValueError) as error:
                raise _unreachable(error) from None
            if addresses.issuer != self._issuer:
                raise _unreachable(ValueError("issuer"))
            self._addresses = addresses
        return self._addresses

    async def keys(self, *, beyond: KeySet | None = None) -> KeySet:
        """Return the provider's keys.

        Args:
            beyond: Keys among which the right one was not; newer ones are fetched if that was not tried just now.

        Raises:
            Unavailable: The provider has been away for too long.
        """
        async with self._fetching:
            now = self._clock()
            wanted = self._keys is None or now - self._fetched >= self._keys_for or self._keys is beyond
            if wanted and now - self._tried >= (_BETWEEN_TRIES if self._keys else 1.0):
                self._tried = now
                await self._fetch(now)
            if self._keys is None or now - self._fetched >= max(_KEPT, self._keys_for):
                raise _unreachable(TimeoutError())
            return self._keys

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _fetch(self, now: float) -> None:
        try:
            found: Any = await self._get((await self.addresses()).jwks_uri)
            keys = KeySet.import_key_set(found)
            # A shared secret has no place among published keys: whoever can read it could sign.
            self._keys = KeySet([key for key in keys if not isinstance(key, OctKey)])
            self._fetched = now
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, JoseError, Unavailable) as error:
            _LOG.warning("keys of the provider not fetched", extra={"fields": {"error": type(error).__name__}})

    async def _get(self, url: str) -> Any:
        answer = await self._client.get(url)
        answer.raise_for_status()
        return answer.json()


def _unreachable(error: Exception) -> Unavailable:
    kind = "invalid" if isinstance(error, ValidationError) else type(error).__name__
    _LOG.error("sign-in provider unreachable", extra={"fields": {"error": kind}})
    return Unavailable("the sign-in provider cannot be asked now; try again in a moment", retry_after=5.0)
