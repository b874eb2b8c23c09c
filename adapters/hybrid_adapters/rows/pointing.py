"""Between a reply as people author it and as a model writes it: the one has document and words, the other an id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from hybrid.contract import Claim, Contract, Phrase, Quote
from hybrid.errors import ReplyError, RowsError
from hybrid_adapters.rows.example import Strict, Text

# How errors of a contract begin; here nobody but an author wrote the reply.
_MODELS = "the model's "


class Pointer(Strict):
    """A unit of evidence as people name it."""

    document: Text
    """Id, path or file stem of the document."""

    quote: Text
    """Words of one unit, enough to know it by."""


@dataclass(frozen=True, kw_only=True)
class Authored:
    """A checked reply of an example."""

    reply: BaseModel
    """In its contract, with ``E1``, ``E2``, ... for the pointers in order."""

    pointers: tuple[Pointer, ...]
    """What the reply points at, each once, in order."""

    spoken: frozenset[str]
    """Names of the fields in which words or evidence stand; the others are choices."""

    @property
    def status(self) -> str:
        """What becomes of the question."""
        return str(getattr(self.reply, "status"))  # noqa: B009  every contract has one

    def json(self, ids: Mapping[str, str]) -> str:
        """Return the reply as a model writes it.

        Args:
            ids: Evidence id for each of ``E1``, ``E2``, ... of this reply.
        """
        return json.dumps(_written(self.reply, ids), ensure_ascii=False, separators=(",", ":"))


def authored(data: Mapping[str, Any], contract: Contract[Any]) -> Authored:
    """Return an example's reply, checked against the contract.

    Raises:
        RowsError: It breaks the contract, a phrase carries facts, or evidence stands where there is none or lacks.
    """
    pointers: list[Pointer] = []
    reply = _parsed(cast("dict[str, Any]", _numbered(dict(data), pointers)), contract)
    seen = _Seen()
    contract.rebuilt(reply, seen)
    found = Authored(reply=reply, pointers=tuple(pointers), spoken=frozenset(seen.fields))
    if (found.status == "answered") != bool(seen.ids):
        raise RowsError(
            f"an {found.status} reply points at nothing; name its evidence as document and quote"
            if not seen.ids
            else f"a reply with status {found.status!r} points at evidence; leave it out, or make it answered"
        )
    return found


def refusal_of(answered: Authored, refused: Authored, contract: Contract[Any]) -> Authored:
    """Return the refusal of a question: another refusal's words, and the choices of the question's own reply.

    Raises:
        RowsError: The two together break the contract.
    """
    spoken = answered.spoken | refused.spoken | {"status"}
    fields = {
        name: _written(getattr(refused.reply if name in spoken else answered.reply, name), {})
        for name in contract.model.model_fields
    }
    return Authored(reply=_parsed(fields, contract), pointers=(), spoken=spoken)


def _parsed(fields: Mapping[str, Any], contract: Contract[Any]) -> BaseModel:
    try:
        return contract.parse(json.dumps(fields))
    except ReplyError as error:
        raise RowsError(f"{str(error).removeprefix(_MODELS)}; mend it") from error


def _numbered(value: Any, pointers: list[Pointer]) -> Any:
    """Return a value with an id in the place of each pointer."""
    match value:
        case {"document": _, "quote": _}:
            pointer = _pointer(cast("dict[str, Any]", value))
            if pointer not in pointers:
                pointers.append(pointer)
            return f"E{pointers.index(pointer) + 1}"
        case dict():
            return {name: _numbered(inner, pointers) for name, inner in cast("dict[str, Any]", value).items()}
        case list():
            return [_numbered(inner, pointers) for inner in cast("list[Any]", value)]
        case str() if value.startswith("E") and value[1:].isdigit():
            raise RowsError(f"the reply names evidence as {value!r}, which only retrieval can; name document and quote")
        case _:
            return value


def _pointer(fields: dict[str, Any]) -> Pointer:
    try:
        return Pointer.model_validate(fields)
    except ValidationError:
        raise RowsError(
            f"evidence has the fields {', '.join(sorted(fields))}; write document and quote, both not empty"
        ) from None


def _written(value: Any, ids: Mapping[str, str]) -> Any:
    """Return a value as JSON values, fields in the contract's order as a grammar has them."""
    match value:
        case Quote():
            return ids[value.id]
        case Claim():
            return {"text": value.text, "evidence": list(dict.fromkeys(ids[id_] for id_ in value.evidence))}
        case BaseModel():
            return {name: _written(getattr(value, name), ids) for name in type(value).model_fields}
        case list() | tuple():
            return [_written(inner, ids) for inner in cast("list[Any]", value)]
        case _:
            return value


def claims_of(reply: BaseModel) -> Iterator[Claim]:
    """Yield the claims of a reply, in order."""
    yield from _claims(reply)


def _claims(value: Any) -> Iterator[Claim]:
    match value:
        case Claim():
            yield value
        case BaseModel():
            for name in type(value).model_fields:
                yield from _claims(getattr(value, name))
        case list() | tuple():
            for inner in cast("list[Any]", value):
                yield from _claims(inner)
        case _:
            return


class _Seen:
    """Visits each slot once, and refuses phrases that the grammar would."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.fields: set[str] = set()

    def pointer(self, slot: Quote | Claim, path: str, *, may_quote: bool) -> Quote | Claim:
        """Note the ids of a slot."""
        self.fields.add(_top(path))
        self.ids.update((slot.id,) if isinstance(slot, Quote) else slot.evidence)
        return slot

    def phrase(self, text: str, rule: Phrase, path: str) -> str:
        """Return the phrase.

        Raises:
            RowsError: The grammar would not let a model write it.
        """
        self.fields.add(_top(path))
        if not rule.allows(text):
            raise RowsError(
                f"{path} is no phrase of at most {rule.max_chars} characters without digits, addresses and markup, "
                f"words apart by one blank; it has {len(text)} characters: mend it"
            )
        return text


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]
