"""Going through a reply slot by slot, keeping what a visitor keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel

from hybrid.contract._shape import Fields, Items, Optional, Pointer, Shape, Words
from hybrid.contract.slots import Claim, Phrase, Quote

Reply = TypeVar("Reply", bound=BaseModel)


class Visitor(Protocol):
    """Decides about each slot."""

    def pointer(self, slot: Quote | Claim, path: str, *, may_quote: bool) -> Quote | Claim | None:
        """Return what takes the slot's place, or None to drop it."""
        ...

    def phrase(self, text: str, rule: Phrase, path: str) -> str:
        """Return the phrase, or an empty one."""
        ...


class _Dropped:
    """The mark of a value that is to be left out."""


_DROPPED = _Dropped()


def rebuilt(shape: Fields, reply: Reply, visitor: Visitor) -> Reply:
    """Return a reply with each slot as the visitor left it; it visits in the order of the fields."""
    return cast(Reply, _rebuild(shape, reply, visitor, ""))


def _rebuild(shape: Shape, value: Any, visitor: Visitor, path: str) -> Any:
    match shape:
        case Fields(fields=fields):
            return _fields(fields, value, visitor, path)
        case Items(item=item, least=least):
            kept = [_rebuild(item, each, visitor, f"{path}[{place}]") for place, each in enumerate(value)]
            kept = [each for each in kept if each is not _DROPPED]
            return _DROPPED if len(kept) < least else type(value)(kept)
        case Optional(value=inner):
            found = None if value is None else _rebuild(inner, value, visitor, path)
            return None if found is _DROPPED else found
        case Pointer(quote=may_quote):
            found = visitor.pointer(value, path, may_quote=may_quote)
            return _DROPPED if found is None else found
        case Words(phrase=rule):
            return visitor.phrase(value, rule, path)
        case _:
            return value


def _fields(fields: Mapping[str, Shape], value: BaseModel, visitor: Visitor, path: str) -> Any:
    changed: dict[str, Any] = {}
    for name, shape in fields.items():
        changed[name] = _rebuild(shape, getattr(value, name), visitor, f"{path}.{name}" if path else name)
        if changed[name] is _DROPPED:
            return _DROPPED
    return value.model_copy(update=changed)
