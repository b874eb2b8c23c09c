"""What is certain of a reply while it is still being written."""

from __future__ import annotations

from typing import Any, cast

import pydantic_core

from hybrid.contract._shape import Choice, Fields, Items, Number, Optional, Pointer, Shape, Words

_CERTAIN = (str, bool, type(None))


def completed_so_far(shape: Fields, text: str) -> dict[str, Any] | None:
    """Return a whole reply in which everything still to come is empty, or None before the status is known.

    Args:
        shape: The contract's shape.
        text: The JSON written so far.
    """
    try:
        found: Any = pydantic_core.from_json(text, allow_partial=True)
    except ValueError:
        return None
    if not isinstance(found, dict) or "status" not in found:
        return None
    return _filled(shape, _without_open_end(cast("dict[str, Any]", found)))


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
            return {name: _filled(field, given.get(name)) for name, field in fields.items()}
        case Items(item=item):
            items: list[Any] = value or []
            return [_filled(item, each) for each in items]
        case Words():
            return value or ""
        case Choice(values=values):
            return values[0] if value is None else value
        case Number(least=least):
            return (least or 0) if value is None else value
        case Optional() | Pointer():
            return value
