"""A small OpenID Connect provider for tests, run in a process of its own: ``python provider.py`` prints its address.

Whoever comes to its sign-in page is Ana. ``/test/*`` are levers that a real one does not have.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import sys
import time
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "support-bot", "a client secret"
AUDIENCE = "api://support-bot"

app = FastAPI()
state: dict[str, Any] = {"keys": [], "codes": {}, "claims": {}, "down": False, "fetches": 0}


def new_key() -> None:
    state["keys"].append(RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"}))


def issuer() -> str:
    return state["issuer"]


def signed(claims: dict[str, Any]) -> str:
    now = int(time.time())
    standard = {"iss": issuer(), "sub": "ana", "groups": ["g-support"], "iat": now, "exp": now + 600}
    key = state["keys"][-1]
    return jwt.encode({"alg": "RS256", "kid": key.kid}, {**standard, **claims}, key)


@app.get("/.well-known/openid-configuration")
def discovery() -> dict[str, str]:
    return {
        "issuer": issuer(),
        "authorization_endpoint": f"{issuer()}/authorize",
        "token_endpoint": f"{issuer()}/token",
        "jwks_uri": f"{issuer()}/keys",
    }


@app.get("/keys")
def keys() -> Any:
    state["fetches"] += 1
    if state["down"]:
        return JSONResponse({}, 500)
    return {"keys": [key.as_dict(private=False) for key in state["keys"]]}


@app.get("/authorize")
def authorize(request: Request) -> RedirectResponse:
    asked = dict(request.query_params)
    assert asked["response_type"] == "code"
    assert "openid" in asked["scope"].split()
    assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
    code = secrets.token_urlsafe(16)
    state["codes"][code] = asked
    query = urlencode({"code": code, "state": asked["state"], "iss": issuer()})
    return RedirectResponse(f"{asked['redirect_uri']}?{query}", 303)


@app.post("/token")
def token(
    request: Request,
    code: str = Form(),
    code_verifier: str = Form(),
    redirect_uri: str = Form(),
) -> Any:
    asked = state["codes"].pop(code, None)
    basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
    good = (
        asked is not None
        and request.headers.get("authorization") == f"Basic {basic}"
        and (asked["code_challenge"], asked["redirect_uri"]) == (challenge, redirect_uri)
    )
    if not good:
        return JSONResponse({"error": "invalid_grant"}, 400)
    id_token = signed({"aud": CLIENT, "nonce": asked["nonce"], **state["claims"]})
    return {"access_token": "opaque", "token_type": "Bearer", "id_token": id_token, "expires_in": 600}


@app.post("/test/sign")
def sign(claims: dict[str, Any]) -> dict[str, str]:
    return {"token": signed(claims)}


@app.post("/test/set")
def change(values: dict[str, Any]) -> dict[str, Any]:
    state.update(values)
    return {"fetches": state["fetches"]}


@app.post("/test/rotate")
def rotate(withdraw: bool = True) -> None:
    if withdraw:
        state["keys"].clear()
    new_key()


if __name__ == "__main__":
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    state["issuer"] = f"http://127.0.0.1:{listening.getsockname()[1]}"
    new_key()
    print(issuer(), file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])
