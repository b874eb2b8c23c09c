"""A contract's pydantic model read as a tree of slots; what cannot be kept is refused here, when it is defined."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hybrid.contract.slots import Claim, Phrase, Quote
from hybrid.errors import ContractError

_DEFAULT_ITEMS = 5
_STATUSES = ("answered", "refused", "clarify")


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """A slot for evidence."""

    quote: bool
    """Whether it may hold a quote."""

    claim: bool
    """Whether it may hold a claim."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """A slot for a phrase."""

    phrase: Phrase


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of a few values."""

    values: tuple[str | int | bool, ...]


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number within its limits, both included."""

    integer: bool
    least: float | None
    most: float | None


@dataclass(frozen=True, kw_only=True)
class Optional:
    """A value or null."""

    value: Shape


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list."""

    item: Shape
    least: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Fields:
    """A nested model."""

    fields: Mapping[str, Shape]


Shape = Pointer | Words | Choice | Number | Optional | Items | Fields


def shape_of(model: type[BaseModel]) -> Fields:
    """Return the tree of a contract's model.

    Raises:
        ContractError: It holds something that cannot be generated safely, or that a refusal could not fill.
    """
    if not (isinstance(model, type) and issubclass(model, BaseModel)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ContractError(f"{model!r} is no pydantic model; derive the contract from pydantic.BaseModel")
    try:
        model.model_rebuild()
    except NameError as error:
        raise ContractError(f"contract {model.__name__} names a type that is not defined: {error}") from None
    shape = _fields(model, ())
    _check_status(model, shape)
    holders = [name for name, field in shape.fields.items() if holds_pointer(field)]
    if not holders:
        raise ContractError(f"contract {model.__name__} has no Quote or Claim: an answer needs a place for evidence")
    for name in holders:
        if not _may_be_empty(shape.fields[name]):
            raise ContractError(
                f"{model.__name__}.{name} needs evidence even in a refusal, where there is none; "
                f"make it optional, or a list without min_length"
            )
    return shape


def holds_pointer(shape: Shape) -> bool:
    """Return whether evidence stands anywhere in a shape."""
    match shape:
        case Pointer():
            return True
        case Optional(value=inner) | Items(item=inner):
            return holds_pointer(inner)
        case Fields():
            return any(holds_pointer(field) for field in shape.fields.values())
        case _:
            return False


def _check_status(model: type[BaseModel], shape: Fields) -> None:
    first = next(iter(shape.fields.items()), ("", None))
    match first:
        case ("status", Choice(values=values)) if {"answered", "refused"} <= set(values) <= set(_STATUSES):
            return
        case _:
            raise ContractError(
                f"contract {model.__name__} must begin with a field status: "
                f'Literal["answered", "refused"], with or without "clarify"; everything else follows from it'
            )


def _may_be_empty(shape: Shape) -> bool:
    return isinstance(shape, Optional) or (isinstance(shape, Items) and shape.least == 0)


def _fields(model: type[BaseModel], above: tuple[type[BaseModel], ...]) -> Fields:
    if model in above:
        raise ContractError(f"{model.__name__} contains itself; a contract must have an end")
    for name, field in model.model_fields.items():
        if field.validation_alias is not None:
            raise ContractError(
                f"{model.__name__}.{name} has an alias; a contract knows a field by one name: take it away"
            )
    read = {
        name: _shape(_annotation(field), f"{model.__name__}.{name}", (*above, model))
        for name, field in model.model_fields.items()
    }
    return Fields(fields=read)


def _annotation(field: FieldInfo) -> Any:
    # pydantic takes the metadata of the outermost Annotated apart; here it is put back.
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _shape(annotation: Any, where: str, above: tuple[type[BaseModel], ...]) -> Shape:
    kind, metadata = _unwrapped(annotation)
    _check_limits(metadata, where)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(kind, metadata, where, above)
    if origin in (list, tuple):
        return _items(kind, metadata, where, above)
    if origin is Literal:
        return _choice(get_args(kind), where)
    if kind is bool:
        return Choice(values=(True, False))
    if kind in (int, float):
        return _number(metadata, where, integer=kind is int)
    if kind in (Quote, Claim):
        return Pointer(quote=kind is Quote, claim=kind is Claim)
    if kind is str:
        return _words(metadata, where)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _fields(kind, above)
    raise ContractError(f"{where}: {kind!r} cannot be part of a contract; see the page on contracts for what can")


def _check_limits(metadata: list[Any], where: str) -> None:
    """Refuse limits that a schema does not carry: a reply could keep the grammar and break the model."""
    for each in metadata:
        if not isinstance(each, Phrase | MinLen | MaxLen | Ge | Le):
            raise ContractError(
                f"{where}: a grammar cannot keep {type(each).__name__}; use ge, le, min_length, max_length or Phrase"
            )


def _choice(values: tuple[Any, ...], where: str) -> Choice:
    if odd := [value for value in values if not isinstance(value, str | int)]:
        raise ContractError(f"{where}: a Literal holds strings, whole numbers or booleans; got {odd[0]!r}")
    return Choice(values=values)


def _unwrapped(annotation: Any) -> tuple[Any, list[Any]]:
    if get_origin(annotation) is not Annotated:
        return annotation, []
    kind, *metadata = get_args(annotation)
    flat = [each for item in metadata for each in (item.metadata if isinstance(item, FieldInfo) else [item])]
    return kind, flat


def _union(kind: Any, metadata: list[Any], where: str, above: tuple[type[BaseModel], ...]) -> Shape:
    options = [option for option in get_args(kind) if option is not types.NoneType]
    if set(options) == {Quote, Claim}:
        inner: Shape = Pointer(quote=True, claim=True)
    elif len(options) == 1:
        inner = _shape(Annotated[options[0], *metadata] if metadata else options[0], where, above)
    else:
        raise ContractError(f"{where}: a union may be of Quote and Claim, or of something and None; got {kind}")
    return Optional(value=inner) if len(options) < len(get_args(kind)) else inner


def _items(kind: Any, metadata: list[Any], where: str, above: tuple[type[BaseModel], ...]) -> Items:
    arguments = [argument for argument in get_args(kind) if argument is not Ellipsis]
    if len(arguments) != 1:
        raise ContractError(f"{where}: a list holds one kind of item; got {kind}")
    least = next((each.min_length for each in metadata if isinstance(each, MinLen)), 0)
    most = next((each.max_length for each in metadata if isinstance(each, MaxLen)), max(_DEFAULT_ITEMS, least))
    if most < max(least, 1):
        raise ContractError(
            f"{where}: a list of at least {least} and at most {most} items holds nothing; mend its limits"
        )
    return Items(item=_shape(arguments[0], where, above), least=least, most=most)


def _number(metadata: list[Any], where: str, *, integer: bool) -> Number:
    least = next((each.ge for each in metadata if isinstance(each, Ge)), None)
    most = next((each.le for each in metadata if isinstance(each, Le)), None)
    number = Number(integer=integer, least=_limit(least), most=_limit(most))
    if number.least is not None and number.most is not None and number.least > number.most:
        raise ContractError(
            f"{where}: no number is at least {number.least:g} and at most {number.most:g}; mend its limits"
        )
    return number


def _limit(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _words(metadata: list[Any], where: str) -> Words:
    phrase = next((each for each in metadata if isinstance(each, Phrase)), None)
    if phrase is None:
        raise ContractError(
            f"{where} is a free text, in which a model could invent facts; "
            "make it Annotated[str, Phrase(max_chars=80)], a Quote, a Claim or a Literal"
        )
    return Words(phrase=phrase)
