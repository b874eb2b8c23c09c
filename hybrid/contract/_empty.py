"""A reply made without a language model: quotes in the first place for them, everything else empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hybrid.contract._shape import Choice, Fields, Items, Optional, Pointer, Shape, Words
from hybrid.errors import ContractError


def empty_reply(shape: Fields, name: str, status: str, ids: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a reply.

    Args:
        shape: The contract's shape.
        name: The contract's name, for errors.
        status: The reply's status.
        ids: Evidence to quote; as many as fit go into the first field that takes quotes.

    Raises:
        ContractError: A field needs a choice, or no field takes quotes.
    """
    reply: dict[str, Any] = {}
    left = list(ids)
    for field, inner in shape.fields.items():
        taken = left[: _room(inner)]
        left = [] if taken else left
        reply[field] = status if field == "status" else _value(inner, taken, f"{name}.{field}")
    if left:
        raise ContractError(f"contract {name} has no field for quotes at its top; take a local or a remote model")
    return reply


def _room(shape: Shape) -> int:
    match shape:
        case Items(item=Pointer(quote=True), most=most):
            return most
        case Optional(value=Pointer(quote=True)):
            return 1
        case _:
            return 0


def _value(shape: Shape, ids: Sequence[str], where: str) -> Any:
    match shape:
        case Items(least=0):
            return list(ids)
        case Optional():
            return ids[0] if ids else None
        case Words():
            return ""
        case Choice(values=(only,)):
            return only
        case _:
            raise ContractError(f"{where} needs a choice, which only a local or a remote model can make")
