"""What is certain of a reply while it is still being written."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any, Final, cast

import pydantic_core

from hybrid.contract._shape import Choice, Fields, Items, Number, Optional, Shape, Words


class _Mark(Enum):
    UNKNOWN = "a value without an empty form, not written yet"


_UNKNOWN: Final = _Mark.UNKNOWN
_CERTAIN = (str, bool, type(None))


def completed_so_far(shape: Fields, text: str) -> dict[str, Any] | None:
    """Return a whole reply in which everything still to come is empty, or None before each choice is known.

    Args:
        shape: The contract's shape.
        text: The JSON written so far.
    """
    try:
        found: Any = pydantic_core.from_json(text, allow_partial=True)
    except (ValueError, TypeError):  # the latter for half a character, which is no text
        return None
    if not isinstance(found, dict) or "status" not in found:
        return None
    filled = _filled(shape, _without_open_end(cast("dict[str, Any]", found)))
    return None if filled is _UNKNOWN else filled


def repeated_name(text: str) -> bool:
    """Return whether an object of this JSON names a field twice."""
    repeated = False

    def read(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len({name for name, _ in pairs}) < len(pairs)

    json.loads(text, object_pairs_hook=read)
    return repeated


def _without_open_end(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out the value at the very end unless it is a closed string: more of it may come."""
    *before, last = found
    return {**{key: found[key] for key in before}, last: _closed(found[last])}


def _closed(value: Any) -> Any:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return items if items and isinstance(items[-1], str) else items[:-1]
    return value if isinstance(value, _CERTAIN) else None


def _filled(shape: Shape, value: Any) -> Any:
    match shape:
        case Fields(fields=fields):
            given: dict[str, Any] = value or {}
            filled = {name: _filled(field, given.get(name)) for name, field in fields.items()}
            return _UNKNOWN if _UNKNOWN in filled.values() else filled
        case Items(item=item):
            items: list[Any] = value or []
            return [_filled(item, each) for each in items]
        case Words():
            return value or ""
        case Choice() | Number() if value is None:
            return _UNKNOWN
        case Optional(value=Fields() as inner) if value is not None:
            return _filled(inner, value)
        case _:
            return value
