"""A contract: a pydantic model of slots, with its schemas, its template and its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from hybrid.contract._empty import empty_reply
from hybrid.contract._partial import completed_so_far, repeated_name
from hybrid.contract._render import DEFAULT_TEMPLATE, Form, check_template, render
from hybrid.contract._schema import JsonSchema, exact_schema, strict_schema
from hybrid.contract._shape import shape_of
from hybrid.contract._walk import Visitor, rebuilt
from hybrid.errors import ContractError, ReplyError

Reply = TypeVar("Reply", bound=BaseModel)

_HASHED_IDS = ("E1", "E2")


class Contract(Generic[Reply]):
    """What every answer must look like; facts stand only in its quotes and claims.

    Args:
        model: A pydantic model whose first field is ``status``, and whose others are ``Quote``, ``Claim``, strings
            annotated with ``Phrase``, ``Literal``, ``bool``, ``int``, ``float``, nested models, and lists and options
            of these. A class attribute ``template`` (Jinja) says how it reads; without one, slots stand below each
            other.

    Raises:
        ContractError: The model cannot be kept as a contract; the message names the field.

    Example:
        >>> from hybrid.contract import Contract, SupportReply
        >>> contract = Contract(SupportReply)
        >>> reply = contract.parse('{"status": "answered", "opening": "In short:", "evidence": ["E1"], "closing": ""}')
        >>> reply.evidence[0].id
        'E1'
    """

    def __init__(self, model: type[Reply]) -> None:
        self.model = model
        self._shape = shape_of(model)
        self.template: str = getattr(model, "template", DEFAULT_TEMPLATE)
        check_template(self.template, model)

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.model.__name__

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of everything that decides how an answer looks: slots, limits, template."""
        content = {"schema": exact_schema(self._shape, _HASHED_IDS), "template": self.template}
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()

    def exact_schema(self, ids: Sequence[str]) -> JsonSchema:
        """Return the JSON schema that admits nothing but valid replies; for grammars.

        Args:
            ids: Ids of the evidence at hand.
        """
        return exact_schema(self._shape, ids)

    def strict_schema(self, ids: Sequence[str]) -> JsonSchema:
        """Return the JSON schema in the part of the language that remote models' strict mode knows."""
        return strict_schema(self._shape, ids)

    def parse(self, text: str) -> Reply:
        """Return what a model sent as the contract's model.

        Raises:
            ReplyError: It is no JSON, or not in the contract; the message names the field and quotes nothing.
        """
        try:
            reply = self.model.model_validate_json(text, strict=True, extra="forbid")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole"
            raise ReplyError(f"the model's reply breaks contract {self.name} at {where}: {first['msg']}") from None
        # The last of two equal names would win, after a stream has shown the first.
        if repeated_name(text):
            raise ReplyError(f"the model's reply breaks contract {self.name}: a field is given twice")
        return reply

    def parse_partial(self, text: str) -> Reply | None:
        """Return what is certain of a reply that is still being written, the rest empty.

        Returns:
            None before the status and every other choice and number outside of lists is known: they have no empty form.
        """
        found = completed_so_far(self._shape, text)
        try:
            return None if found is None else self.model.model_validate_json(json.dumps(found), strict=True)
        except ValidationError:
            return None

    def compose(self, status: str, ids: Sequence[str] = ()) -> str:
        """Return the JSON of a reply that only quotes, for models without a language.

        Raises:
            ContractError: A field needs a choice that only a language model can make.
        """
        return json.dumps(empty_reply(self._shape, self.name, status, ids))

    def rebuilt(self, reply: Reply, visitor: Visitor) -> Reply:
        """Return a reply with each slot as the visitor left it."""
        return rebuilt(self._shape, reply, visitor)

    def render(self, reply: Reply, form: Form = "plain") -> str:
        """Return a resolved reply as text with ``[n]`` markers.

        Raises:
            ContractError: The template fails.
        """
        from jinja2 import TemplateError

        try:
            return render(self.template, reply, form)
        except TemplateError as error:
            raise ContractError(f"the template of contract {self.name} fails: {error}; mend it") from None


def contract_of(model: type[Any]) -> Contract[Any]:
    """Return the contract of a model whose type is not known.

    Raises:
        ContractError: It is no pydantic model, or none that can be kept.
    """
    return Contract(model)
