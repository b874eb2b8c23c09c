"""An ``AccessFilter`` in the words of the embedded engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hybrid.access import AccessFilter
from hybrid.types import MetadataValue
from hybrid_indexes._points import META, SCOPE, VERSION

if TYPE_CHECKING:
    from qdrant_edge import FieldCondition, Filter


def edge_filter(access: AccessFilter) -> Filter:
    """Return the filter; every condition is a ``must``, so that each can only narrow."""
    from qdrant_edge import FieldCondition, Filter, MatchAny

    scope = FieldCondition(SCOPE, match=MatchAny(list(access.scopes)))
    return Filter(must=[scope, *(_condition(name, wanted) for name, wanted in sorted(access.narrowing.items()))])


def version_filter(versions: Sequence[int]) -> Filter:
    """Return the filter for all points of these document versions; only writes use it."""
    from qdrant_edge import FieldCondition, Filter, MatchAny

    if not versions:
        raise ValueError("a filter without versions would match every point")
    return Filter(must=[FieldCondition(VERSION, match=MatchAny([*versions]))])


def _condition(name: str, wanted: MetadataValue | tuple[MetadataValue, ...]) -> FieldCondition | Filter:
    from qdrant_edge import Filter

    values = wanted if isinstance(wanted, tuple) else (wanted,)
    conditions = [_equals(f"{META}.{name}", value) for value in values]
    return conditions[0] if len(conditions) == 1 else Filter(should=[*conditions])


def _equals(key: str, value: MetadataValue) -> FieldCondition:
    from qdrant_edge import FieldCondition, MatchValue, RangeFloat

    if isinstance(value, float):
        return FieldCondition(key, range=RangeFloat(gte=value, lte=value))
    return FieldCondition(key, match=MatchValue(value))
