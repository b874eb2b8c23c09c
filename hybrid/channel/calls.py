"""What goes over the channel: a line with a call, lines with progress, and a line with the result or the failure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

import hybrid
from hybrid import errors
from hybrid.errors import HybridError, IndexStateError
from hybrid.health import IndexHealth
from hybrid.protocols import SearchTrace
from hybrid.sync import SyncProgress, SyncReport
from hybrid.types import Access, MetadataValue, Principal, SearchResult, StoredDocument

LONGEST = 64 * 2**20
"""Bytes of the longest line."""

PROGRESS = TypeAdapter(SyncProgress)
"""What a running sync says of itself."""


class _Call(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    result: ClassVar[TypeAdapter[Any]]
    """What the call returns."""


class SearchCall(_Call):
    """``Knowledge.search``."""

    result = TypeAdapter(SearchResult)
    call: Literal["search"] = "search"
    question: str
    principal: Principal
    limit: int
    narrowing: dict[str, MetadataValue | tuple[MetadataValue, ...]] | None
    moment: datetime | None


class TraceCall(_Call):
    """``Knowledge.trace``."""

    result = TypeAdapter(SearchTrace)
    call: Literal["trace"] = "trace"
    question: str
    principal: Principal
    depth: int


class DocumentCall(_Call):
    """``Knowledge.document``."""

    result = TypeAdapter(StoredDocument | None)
    call: Literal["document"] = "document"
    document_id: str
    principal: Principal


class DocumentIdsCall(_Call):
    """``Knowledge.document_ids``."""

    result = TypeAdapter(list[str])
    call: Literal["document_ids"] = "document_ids"


class AccessCall(_Call):
    """``Knowledge.access``."""

    result = TypeAdapter(tuple[Access, str] | None)
    call: Literal["access"] = "access"
    document_id: str


class EmbedCall(_Call):
    """``Knowledge.embed``."""

    result = TypeAdapter(list[list[float]])
    call: Literal["embed"] = "embed"
    texts: list[str]


class HealthCall(_Call):
    """``Inspectable.health``."""

    result = TypeAdapter(IndexHealth)
    call: Literal["health"] = "health"


class SyncCall(_Call):
    """``SyncedKnowledge.sync``, or with ``dry_run`` ``SyncedKnowledge.plan``, of the server's own sources."""

    result = TypeAdapter(SyncReport)
    call: Literal["sync"] = "sync"
    sources: str
    accept_empty: tuple[str, ...]
    dry_run: bool


class SnapshotCall(_Call):
    """``Portable.snapshot``."""

    result = TypeAdapter(None)
    call: Literal["snapshot"] = "snapshot"
    folder: Path


Call = (
    SearchCall
    | TraceCall
    | DocumentCall
    | DocumentIdsCall
    | AccessCall
    | EmbedCall
    | HealthCall
    | SyncCall
    | SnapshotCall
)


class _Request(BaseModel):
    hybrid: str
    call: Annotated[Call, Field(discriminator="call")]


def written_call(call: Call) -> bytes:
    """Return a call as a line."""
    return _line(_Request(hybrid=hybrid.__version__, call=call).model_dump(mode="json"))


def read_call(line: bytes) -> Call:
    """Return the call of a line.

    Raises:
        IndexStateError: It comes from another version of hybrid.
    """
    found = json.loads(line)
    if found.get("hybrid") != hybrid.__version__:
        raise IndexStateError(
            f"the index is held by a server of hybrid {hybrid.__version__}, and this is another version; "
            "restart the server with it"
        )
    return _Request.model_validate(found).call


def written(kind: Literal["progress", "result"], adapter: TypeAdapter[Any], value: object) -> bytes:
    """Return progress or a result as a line."""
    return _line({kind: adapter.dump_python(value, mode="json")})


def written_failure(error: HybridError) -> bytes:
    """Return a failure as a line."""
    return _line({"error": type(error).__name__, "message": str(error)})


def raise_failure(found: Mapping[str, Any]) -> None:
    """Return if an answer is no failure.

    Raises:
        HybridError: The one that the server raised.
    """
    if "error" not in found:
        return
    kind = getattr(errors, found["error"], IndexStateError)
    # Not called: some of them make their message out of other arguments.
    raise kind.__new__(kind, found["message"])


def _line(values: Mapping[str, Any]) -> bytes:
    # Escaped, because a document may hold half a character, which UTF-8 cannot say.
    return json.dumps(values).encode("ascii") + b"\n"
