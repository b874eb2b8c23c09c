"""Sign-in of people: to the provider and back with a code, which the server exchanges for their token.

Authorization code flow of OpenID Connect Core 1.0, section 3.1, with PKCE (RFC 7636), state and nonce.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hybrid.server.faults import SignInError, Unavailable
from hybrid.server.settings import OidcSettings
from hybrid.server.signin.published import Published
from hybrid.server.signin.sealed import Seal
from hybrid.server.signin.sessions import Sessions
from hybrid.server.signin.tokens import Tokens

_COOKIE = "hybrid_login"
_PATH = "/auth"
_PURPOSE = "login"
_SECONDS = 600
_SCOPES = "openid profile"


class CodeFlow:
    """Sends browsers to the provider and takes them back.

    Args:
        settings: Of the provider.
        public_url: Address under which people reach this server.
        published: The provider's addresses.
        tokens: Checks what it sends.
        sessions: Begins sessions.
        seal: Keeps what a sign-in began with, in the browser that began it.
    """

    def __init__(
        self,
        settings: OidcSettings,
        *,
        public_url: str,
        published: Published,
        tokens: Tokens,
        sessions: Sessions,
        seal: Seal,
    ) -> None:
        self._settings = settings
        self._redirect = f"{public_url.rstrip('/')}{_PATH}/callback"
        self._https = public_url.startswith("https://")
        self._published = published
        self._tokens = tokens
        self._sessions = sessions
        self._seal = seal

    async def login(self, onward: str) -> Response:
        """Return the way to the provider.

        Args:
            onward: Path of this server to go on to after the sign-in; any other address is not gone to.
        """
        began = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                (await self._published.addresses()).authorization_endpoint,
                state=began["state"],
                nonce=began["nonce"],
                code_verifier=began["verifier"],
            )
        response = RedirectResponse(address, status_code=303)
        sealed = self._seal.close(_PURPOSE, began | {"onward": _local(onward)})
        response.set_cookie(
            _COOKIE, sealed, max_age=_SECONDS, path=_PATH, secure=self._https, httponly=True, samesite="lax"
        )
        return response

    async def callback(self, request: Request) -> Response:
        """Return the way on into the server, with a session.

        Raises:
            SignInError: The provider refused, or the answer is not to a sign-in that this browser began.
            Forbidden: The groups are too many.
            Unavailable: The provider cannot be reached.
        """
        began = self._seal.open(_PURPOSE, request.cookies.get(_COOKIE, ""))
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
        if began is None or not secrets.compare_digest(state.encode(), began["state"].encode()):
            raise SignInError("this sign-in was not begun in this browser, or too long ago; begin again at /auth/login")
        if not code or request.query_params.get("iss", self._settings.issuer) != self._settings.issuer:
            raise SignInError("the provider did not sign you in; begin again at /auth/login")
        claims = await self._tokens.claims(await self._exchanged(code, began), audience=self._settings.client_id)
        if (
            claims.get("nonce") != began["nonce"]
            or claims.get("azp", self._settings.client_id) != self._settings.client_id
        ):
            raise SignInError("the token was made for another sign-in; begin again at /auth/login")
        response = RedirectResponse(began["onward"], status_code=303)
        self._sessions.begin(response, self._tokens.principal(claims))
        response.delete_cookie(_COOKIE, path=_PATH, secure=self._https, httponly=True, samesite="lax")
        return response

    def logout(self) -> Response:
        """Return an answer that takes the session from the browser; the provider's own session goes on."""
        response = Response(status_code=204)
        self._sessions.end(response)
        return response

    async def _exchanged(self, code: str, began: dict[str, Any]) -> str:
        endpoint = (await self._published.addresses()).token_endpoint
        try:
            async with self._client() as client:
                tokens = await client.fetch_token(endpoint, code=code, code_verifier=began["verifier"])
        except (OAuthError, ValueError):
            raise SignInError("the provider does not take the code; begin again at /auth/login") from None
        except httpx2.HTTPError:
            raise Unavailable("the sign-in provider cannot be asked now; try again in a moment") from None
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise SignInError("the provider sent no ID token; the operator allows the scope openid there")
        return token

    def _client(self) -> Any:
        return AsyncOAuth2Client(
            client_id=self._settings.client_id,
            client_secret=os.environ.get(self._settings.client_secret_env) or None,
            scope=_SCOPES,
            redirect_uri=self._redirect,
            code_challenge_method="S256",
            timeout=10.0,
        )


def _local(onward: str) -> str:
    # Browsers read "//host" and "/\host" as addresses of another host.
    is_local = onward.startswith("/") and onward[1:2] not in ("/", "\\") and onward.isprintable()
    return onward if is_local else "/"
