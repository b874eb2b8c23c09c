"""Conditions in the words of the embedded engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hybrid_indexes._filters import Condition
from hybrid_indexes._points import POINT

if TYPE_CHECKING:
    from qdrant_edge import FieldCondition, Filter, HasIdCondition


def edge_filter(conditions: Sequence[Condition]) -> Filter:
    """Return the filter; every condition is a ``must``, so that each can only narrow."""
    from qdrant_edge import Filter

    return Filter(must=[_condition(condition) for condition in conditions])


def _condition(condition: Condition) -> FieldCondition | HasIdCondition | Filter:
    from qdrant_edge import FieldCondition, Filter, HasIdCondition, MatchAny

    if condition.key == POINT:
        return HasIdCondition(set(condition.integers))
    if condition.integers:
        return FieldCondition(condition.key, match=MatchAny(condition.integers))
    return Filter(should=[_equals(condition.key, value) for value in condition.any_of])


def _equals(key: str, value: str | int | float) -> FieldCondition:
    from qdrant_edge import FieldCondition, MatchValue, RangeFloat

    if isinstance(value, float):
        return FieldCondition(key, range=RangeFloat(gte=value, lte=value))
    return FieldCondition(key, match=MatchValue(value))
