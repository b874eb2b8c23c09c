"""``GET /``, ``/review`` and ``/dashboard``: the web pages, and under ``/page/`` what they load."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, Response
from pydantic import BaseModel

from hybrid.server.guards import Shared

_STATIC = Path(__file__).parent / "static"
_PAGES = {"index.html": "/", "review.html": "/review", "dashboard.html": "/dashboard"}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Ways(BaseModel):
    """How somebody who is not signed in can be."""

    provider: bool
    """Through the OpenID Connect provider, at ``/auth/login``."""

    key: bool
    """With an API key."""


async def _ways(services: Shared) -> Ways:
    return Ways(provider=services.sign_ins.flow is not None, key=services.settings.api_keys is not None)


def _sending(file: Path) -> Callable[[], Awaitable[Response]]:
    content, kind = file.read_bytes(), _TYPES[file.suffix]

    async def send() -> Response:
        # Browsers ask each time: modules of two versions of the server would not fit together.
        return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})

    return send


def _router() -> APIRouter:
    # One route per file, so that no path of a request ever reaches the disk.
    made = APIRouter(include_in_schema=False)
    for file in sorted(each for each in _STATIC.iterdir() if each.suffix in _TYPES):
        path = _PAGES.get(file.name, f"/page/{file.name}")
        made.add_api_route(path, _sending(file), methods=["GET", "HEAD"], response_class=Response)
    made.add_api_route("/page/ways.json", _ways, methods=["GET"])
    return made


router = _router()
"""The page holds nothing that is not for everybody: what it shows it asks for, as whoever is signed in."""
