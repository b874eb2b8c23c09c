"""What went wrong between this process and a Qdrant server, whichever of its two protocols was spoken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from hybrid.errors import HybridError, IndexStateError, StorageError

if TYPE_CHECKING:
    from grpc import Call

FaultKind = Literal["unreachable", "failing", "forbidden", "refused", "full"]

_DETAIL_CHARACTERS = 200
_FAILING_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_FORBIDDEN_STATUS = frozenset({401, 403})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failed call, in the few ways that a caller can act on."""

    kind: FaultKind
    """What kind of fault it is."""

    detail: str
    """The server's own words, on one line."""

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed a moment later."""
        return self.kind in ("unreachable", "failing")

    def named(self, address: str, api_key_env: str) -> HybridError:
        """Return the error that says what to do."""
        server = f"the Qdrant server at {address}"
        match self.kind:
            case "unreachable":
                return IndexStateError(f"{server} cannot be reached ({self.detail}); start it or check the url")
            case "failing":
                return IndexStateError(f"{server} keeps failing ({self.detail}); look at its log, then try again")
            case "forbidden":
                return IndexStateError(f"{server} refused the API key; set {api_key_env} to one that may write")
            case "full":
                return StorageError(f"{server} has no disk space left; free some, then run sync again")
            case "refused":
                return IndexStateError(f"{server} refused: {self.detail}")


_NOT_QDRANT = Fault(kind="refused", detail="its answer is not one of Qdrant's; check the url")


def fault_of(error: Exception) -> Fault | None:
    """Return what a client's exception means, or None where it is no fault of server or network."""
    from grpc import RpcError
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    match error:
        case UnexpectedResponse():
            return _from_status(error.status_code or 0, _message(error.content) or error.reason_phrase)
        case ResponseHandlingException():
            return _from_transport(error.source)
        case ResourceExhaustedResponse():
            return Fault(kind="failing", detail=_one_line(str(error)))
        case RpcError():
            return _from_grpc(error)
        case json.JSONDecodeError():
            return _NOT_QDRANT
        case _:
            return None


def _from_status(status: int, message: str) -> Fault:
    if status in _FORBIDDEN_STATUS:
        return Fault(kind="forbidden", detail="")
    if "No space left" in message:
        return Fault(kind="full", detail="")
    kind = "failing" if status in _FAILING_STATUS else "refused"
    return Fault(kind=kind, detail=_one_line(f"{status} {message}"))


def _from_transport(source: Exception) -> Fault:
    from httpx import TransportError

    if isinstance(source, TransportError):
        return Fault(kind="unreachable", detail=type(source).__name__)
    return _NOT_QDRANT


def _from_grpc(error: Exception) -> Fault:
    from grpc import StatusCode

    call = cast("Call", error)
    code, details = call.code(), str(call.details() or "")
    if code is StatusCode.UNAVAILABLE:
        return Fault(kind="unreachable", detail=code.name)
    if code in (StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED):
        return Fault(kind="forbidden", detail="")
    if "No space left" in details:
        return Fault(kind="full", detail="")
    failing = (StatusCode.DEADLINE_EXCEEDED, StatusCode.RESOURCE_EXHAUSTED, StatusCode.ABORTED, StatusCode.INTERNAL)
    return Fault(kind="failing" if code in failing else "refused", detail=_one_line(f"{code.name} {details}"))


def _message(content: bytes) -> str:
    """Return the error of Qdrant's JSON answer; a page that something else sent is not repeated."""
    try:
        status = cast("Mapping[str, object]", json.loads(content))["status"]
        return str(cast("Mapping[str, object]", status)["error"])
    except (ValueError, KeyError, TypeError):
        return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_DETAIL_CHARACTERS]
