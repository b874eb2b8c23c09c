"""A contract's shape and the evidence of one question as a JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hybrid.contract._shape import Choice, Fields, Items, Number, Optional, Pointer, Shape, Words, holds_pointer
from hybrid.contract.slots import MAX_CITED, MAX_CLAIM, PHRASE_PATTERN

JsonSchema = dict[str, Any]

# A sentence on one line; control characters and line breaks would let a claim look like something else.
_CLAIM_PATTERN = r"[^\p{C}\p{Zl}\p{Zp}]+"
_MOST_DIGITS = 999_999_999
_TYPES: dict[type[str | int | bool], str] = {str: "string", bool: "boolean", int: "integer"}


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """What the schema of one status is written with."""

    ids: Sequence[str]
    exact: bool
    """With patterns and lengths, which the strict mode of remote models does not know."""

    status: str | None = None
    """The branch's status; None where all share one schema."""

    def fields(self, shape: Fields, first: str = "") -> JsonSchema:
        written = {name: self.shape(field if name != first else _filled(field)) for name, field in shape.fields.items()}
        return {
            "type": "object",
            "properties": written,
            "required": list(written),
            "additionalProperties": False,
        }

    def shape(self, shape: Shape) -> JsonSchema:
        match shape:
            case Fields():
                return self.fields(shape)
            case Items():
                return self._items(shape)
            case Optional(value=inner):
                return {"type": "null"} if self._closed(inner) else {"anyOf": [self.shape(inner), {"type": "null"}]}
            case Pointer():
                return self._pointer(shape)
            case Words():
                return self._words(shape)
            case Choice():
                return self._choice(shape)
            case Number():
                return self._number(shape)

    def _closed(self, shape: Shape) -> bool:
        """Whether a slot must stay empty here: there is no evidence, or this status shows none."""
        return holds_pointer(shape) and (not self.ids or self.status not in (None, "answered"))

    def _items(self, shape: Items) -> JsonSchema:
        if self._closed(shape.item):
            # Some services refuse an empty choice; an item that may not occur can be anything.
            return {"type": "array", "items": {"type": "null"}, "minItems": 0, "maxItems": 0}
        return {"type": "array", "items": self.shape(shape.item), "minItems": shape.least, "maxItems": shape.most}

    def _pointer(self, shape: Pointer) -> JsonSchema:
        id_: JsonSchema = {"type": "string", "enum": list(self.ids)}
        text: JsonSchema = {"type": "string"}
        cited: JsonSchema = {"type": "array", "items": id_, "minItems": 1, "maxItems": MAX_CITED}
        if self.exact:
            text |= {"minLength": 1, "maxLength": MAX_CLAIM, "pattern": f"^{_CLAIM_PATTERN}$"}
        claim = {
            "type": "object",
            "properties": {"text": text, "evidence": cited},
            "required": ["text", "evidence"],
            "additionalProperties": False,
        }
        if shape.quote and shape.claim:
            return {"anyOf": [id_, claim]}
        return id_ if shape.quote else claim

    def _words(self, shape: Words) -> JsonSchema:
        if not self.exact:
            return {"type": "string"}
        return {"type": "string", "maxLength": shape.phrase.max_chars, "pattern": f"^{PHRASE_PATTERN}$"}

    def _choice(self, shape: Choice) -> JsonSchema:
        choice: JsonSchema = {"enum": list(shape.values)}
        if self.exact:
            return choice
        # Strict modes refuse a schema without a type.
        kinds = sorted({_TYPES[type(value)] for value in shape.values})
        return {"type": kinds[0] if len(kinds) == 1 else kinds, **choice}

    def _number(self, shape: Number) -> JsonSchema:
        limits = {"minimum": shape.least, "maximum": shape.most}
        if self.exact:
            # Without limits a model could write digits for ever.
            limits = {
                "minimum": -_MOST_DIGITS if shape.least is None else shape.least,
                "maximum": _MOST_DIGITS if shape.most is None else shape.most,
            }
        kind = "integer" if shape.integer else "number"
        return {"type": kind, **{key: value for key, value in limits.items() if value is not None}}


def strict_schema(shape: Fields, ids: Sequence[str]) -> JsonSchema:
    """Return one object with every field required, as the strict mode of remote models wants it."""
    return _Writer(ids=ids, exact=False).fields(shape)


def exact_schema(shape: Fields, ids: Sequence[str]) -> JsonSchema:
    """Return the schema that admits nothing but valid replies: a branch for each status, with patterns and lengths."""
    status = shape.fields["status"]
    assert isinstance(status, Choice)
    possible = [str(value) for value in status.values if ids or value != "answered"]
    return {"anyOf": [_branch(shape, ids, value) for value in possible]}


def _branch(shape: Fields, ids: Sequence[str], status: str) -> JsonSchema:
    held = replace(shape, fields={**shape.fields, "status": Choice(values=(status,))})
    # An answer that points at nothing is none: its first slot for evidence is filled.
    pointing = next(name for name, field in shape.fields.items() if holds_pointer(field))
    return _Writer(ids=ids, exact=True, status=status).fields(held, first=pointing if status == "answered" else "")


def _filled(shape: Shape) -> Shape:
    """Return a shape with its first slot for evidence filled, however deep it lies."""
    match shape:
        case Optional(value=inner):
            return _filled(inner)
        case Items(item=item):
            return replace(shape, least=max(1, shape.least), item=_filled(item))
        case Fields(fields=fields):
            first = next(name for name, field in fields.items() if holds_pointer(field))
            return replace(shape, fields={**fields, first: _filled(fields[first])})
        case _:
            return shape
