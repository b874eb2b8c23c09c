"""From a signed token to a principal: signature, issuer, audience, times, user, groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from hybrid.access import mapped_groups
from hybrid.server.faults import Forbidden, SignInError
from hybrid.server.settings import OidcSettings
from hybrid.server.signin.published import Published
from hybrid.types import Principal

Claims = Mapping[str, Any]
"""What a token says."""


class Tokens:
    """Checks tokens of one provider and reads who they are about.

    Args:
        settings: Whose tokens, and which claims.
        group_map: Group of the access lists by group of the tokens.
        published: The provider's keys.
        reads_groups: Whether tokens say the groups; otherwise a directory does.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        settings: OidcSettings,
        *,
        group_map: Mapping[str, str],
        published: Published,
        reads_groups: bool = True,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._group_map = group_map
        self._published = published
        self._reads_groups = reads_groups
        self._clock = clock

    async def claims(self, token: str, *, audience: str) -> Claims:
        """Return what a token says, if it is the provider's, made for the audience, and holds now.

        Raises:
            SignInError: It is not.
            Unavailable: The provider's keys cannot be had.
        """
        keys = await self._published.keys()
        try:
            try:
                found = self._decoded(token, keys)
            except InvalidKeyIdError:
                found = self._decoded(token, await self._published.keys(beyond=keys))
            self._registry(audience).validate(found.claims)
        except (JoseError, ValueError):
            raise SignInError(
                "the token is not good: another issuer, audience or key, or too old; sign in again"
            ) from None
        self._check_age(found.claims["iat"])
        return found.claims

    def principal(self, claims: Claims) -> Principal:
        """Return whom claims are about.

        Raises:
            SignInError: They name no user, or groups in a form that nobody can mean.
            Forbidden: They leave the groups out because there are too many, so that denials could not be seen.
        """
        user = claims.get(self._settings.user_claim)
        if not isinstance(user, str) or not user:
            raise SignInError("the token names no user; the operator sets user_claim under [server.oidc]")
        claimed = self._groups(claims) if self._reads_groups else ()
        return Principal(user=user, groups=mapped_groups(claimed, self._group_map))

    def _groups(self, claims: Claims) -> list[str]:
        claim = self._settings.groups_claim
        elsewhere = claims.get("_claim_names")
        if claims.get("hasgroups") or (isinstance(elsewhere, dict) and claim in elsewhere):
            # https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference: over 200 groups
            raise Forbidden("your groups are too many for the token; ask the operator to list only those in use")
        groups = claims.get(claim, [])
        if not isinstance(groups, list) or not all(isinstance(name, str) for name in cast("list[object]", groups)):
            raise SignInError("the token's groups are no list of names; the operator sets groups_claim")
        return cast("list[str]", groups)

    def _decoded(self, token: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(token, keys, algorithms=self._settings.algorithms)

    def _registry(self, audience: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=self._settings.clock_skew,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
        )

    def _check_age(self, issued: float) -> None:
        if self._clock() - issued > self._settings.groups_for + self._settings.clock_skew:
            raise SignInError("the token is too old to say in which groups you are now; sign in again")
