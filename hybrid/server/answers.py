"""Failures as JSON: one shape for all, the one that OpenAI clients read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from hybrid.errors import HybridError
from hybrid.server.faults import Fault, fault_of


class ErrorFields(BaseModel):
    """What went wrong."""

    message: str
    """One line that says what to do next; it holds no text of documents."""

    type: str
    """``invalid_request_error`` or ``server_error``."""

    code: str
    """What went wrong, for programs."""

    param: str | None
    """The part of the request that is at fault."""

    trace_id: str
    """What this request is called in the server's logs."""


class ErrorBody(BaseModel):
    """The body of every answer that is not the one asked for."""

    error: ErrorFields
    """What went wrong."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the failures of a route for its OpenAPI entry; those that every route has are among them."""
    every = {400, 401, 408, 413, 422, 429, 500, 503, *statuses}
    return {status: {"model": ErrorBody, "description": _DESCRIPTIONS[status]} for status in sorted(every)}


def trace_id_of(scope: Scope) -> str:
    """Return what this request is called in logs."""
    return scope.get("state", {}).get("trace_id", "")


async def send_fault(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a failure as the answer."""
    await _response(fault, scope)(scope, receive, send)


def add_handlers(app: FastAPI) -> None:
    """Make an application answer every failure in the one shape."""
    app.add_exception_handler(Fault, _on_fault)
    app.add_exception_handler(HybridError, _on_hybrid_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def fault_fields(fault: Fault, trace_id: str) -> dict[str, Any]:
    """Return a failure as JSON values."""
    kind = "server_error" if fault.status >= 500 else "invalid_request_error"
    fields = ErrorFields(message=fault.message, type=kind, code=fault.code, param=fault.param, trace_id=trace_id)
    return ErrorBody(error=fields).model_dump()


def _response(fault: Fault, scope: Scope, headers: Mapping[str, str] | None = None) -> JSONResponse:
    if scope["path"].startswith("/scim/v2"):
        answer = JSONResponse(_scim_fields(fault), fault.status, headers=headers, media_type="application/scim+json")
    else:
        answer = JSONResponse(fault_fields(fault, trace_id_of(scope)), fault.status, headers=headers)
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(math.ceil(fault.retry_after))
    if fault.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _scim_fields(fault: Fault) -> dict[str, Any]:
    # Identity providers read the one shape of RFC 7644, section 3.12.
    schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
    return {"schemas": schemas, "status": str(fault.status), "detail": fault.message}


async def _on_fault(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Fault)
    return _response(error, request.scope)


async def _on_hybrid_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HybridError)
    return _response(fault_of(type(error), str(error)), request.scope)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    # What was sent is not repeated: it may be a question, which belongs in no log on the way.
    where = ".".join(str(part) for part in first["loc"])
    fault = Fault(f"{where}: {first['msg']}", param=where)
    fault.status, fault.code = 422, "invalid_request"
    return _response(fault, request.scope)


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    fault = Fault(_MESSAGES.get(error.status_code, str(error.detail)))
    fault.status, fault.code = error.status_code, _CODES.get(error.status_code, "invalid_request")
    return _response(fault, request.scope, error.headers)


_CODES = {404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {
    400: "the body is no JSON in UTF-8; send JSON",
    404: "there is no such route; /openapi.json lists them",
    405: "this route does not know that method; the Allow header lists those it does",
}
_DESCRIPTIONS = {
    400: "The request cannot be meant, or is no JSON in UTF-8.",
    401: "Nobody is signed in, or the credential is not good.",
    403: "Who is signed in may not do this.",
    404: "There is no such thing for who is signed in.",
    408: "The body arrived too slowly.",
    409: "It is not as the request supposes.",
    413: "The body is too large.",
    422: "A field of the request is missing or not as it should be.",
    429: "Too many requests; Retry-After says when to ask again.",
    500: "Something went wrong in the server.",
    502: "The model gave no answer.",
    503: "Too much to do, or not ready; Retry-After says when to ask again.",
    504: "It took longer than allowed.",
}
