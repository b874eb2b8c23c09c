"""What is seen of every request from outside: a trace id, a log line, a count, and headers that browsers obey."""

from __future__ import annotations

import logging
import time
import traceback
import uuid
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hybrid import tracing
from hybrid.server.answers import send_fault
from hybrid.server.faults import INTERNAL, Fault
from hybrid.server.guards import ClientGone
from hybrid.server.metrics import Metrics

_LOG = logging.getLogger("hybrid.server")
_GONE = 499
# No script, style or image but the server's own; nothing inline; no text becomes HTML; nobody may frame the page.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Observing:
    """Middleware around everything else; no failure gets past it.

    Args:
        app: What is observed.
        metrics: Where requests are counted.
        https: Whether browsers are told to use nothing but https from now on.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, https: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        state: dict[str, Any] = scope.setdefault("state", {})
        state["trace_id"] = uuid.uuid4().hex
        tracing.request.set(state["trace_id"])
        started, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._decorate(message, state["trace_id"])
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientGone:
            status = _GONE
        except Exception as error:
            _log_failure(error, state["trace_id"])
            if not status:
                await send_fault(Fault(INTERNAL), scope, receive, sending)
        finally:
            self._note(scope, status or _GONE, time.perf_counter() - started)

    def _decorate(self, message: Message, trace_id: str) -> None:
        headers = MutableHeaders(scope=message)
        headers["X-Trace-Id"] = trace_id
        headers.setdefault("Cache-Control", "no-store")
        for name, value in self._headers.items():
            headers.setdefault(name, value)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        identity = scope["state"].get("identity")
        self._metrics.request(route, scope["method"] if route != "none" else "any", status, seconds)
        fields = {
            "trace_id": scope["state"]["trace_id"],
            "method": scope["method"],
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
            "who": identity.key if identity else None,
        }
        _LOG.info("request", extra={"fields": fields})


def _log_failure(error: Exception, trace_id: str) -> None:
    # Where it happened, not what was said: the message of a failure may quote what it failed on.
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    fields = {"trace_id": trace_id, "error": type(error).__name__, "places": places[-8:]}
    _LOG.error("failure", extra={"fields": fields})
