"""What the engine stores with every chunk, and how it is described to either executor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from hybrid.types import MetadataValue

DENSE = "dense"
SPARSE = "bm25"

VERSION = "version"
SCOPE = "scope"
META = "meta"
POINT = "point"
"""Not a field: names the point's own id in a condition."""


def payload(*, version: int, scope: int, metadata: Mapping[str, MetadataValue]) -> dict[str, object]:
    """Return the payload of a version's points: what filters look at, and no text.

    Metadata lives under a name of its own, so that no document can name a field that access depends on.
    """
    return {VERSION: version, SCOPE: scope, META: dict(metadata)}


def stored(payload: Mapping[str, object]) -> dict[str, Any]:
    """Return a payload as both executors keep it, in forms that their filters can name without doubt."""
    meta = cast("Mapping[str, MetadataValue]", payload[META])
    return {**payload, META: {field_name(name): field_value(value) for name, value in meta.items()}}


def field_name(name: str) -> str:
    """Return a metadata name without the signs that a quoted path cannot hold.

    Example:
        >>> field_name('the "best" year')
        'the %22best%22 year'
    """
    return name.replace("%", "%25").replace('"', "%22").replace("\\", "%5C")


def field_value(value: MetadataValue) -> str | int | float:
    """Return a metadata value without booleans, which qdrant-edge 0.9 takes for integers when it reads a condition.

    Example:
        >>> field_value(True), field_value("!true"), field_value("plain"), field_value(1)
        ('!true', '!!true', 'plain', 1)
    """
    if isinstance(value, bool):
        return "!true" if value else "!false"
    return f"!{value}" if isinstance(value, str) and value.startswith("!") else value
