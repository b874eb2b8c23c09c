"""A contract that cannot be kept is refused when it is defined, in one line that names the field."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from annotated_types import Gt
from pydantic import BaseModel, Field, create_model

from hybrid.contract import Claim, Contract, Phrase, Quote, SupportReply
from hybrid.errors import ContractError

Status = Literal["answered", "refused"]
Facts = Annotated[list[Quote], Field(max_length=3)]


def contract(**fields: Any) -> Contract[Any]:
    return Contract(create_model("Mine", **{name: (kind, ...) for name, kind in fields.items()}))


class Tree(BaseModel):
    status: Status
    facts: list[Quote]
    below: list[Tree]


class Section(BaseModel):
    heading: str
    facts: list[Quote]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"facts": Facts}, "must begin with a field status"),
        ({}, "must begin with a field status"),
        ({"facts": Facts, "status": Status}, "must begin with a field status"),
        ({"status": Literal["answered"], "facts": Facts}, "must begin with a field status"),
        ({"status": Literal["answered", "refused", "maybe"], "facts": Facts}, "must begin with a field status"),
        ({"status": Status | None, "facts": Facts}, "must begin with a field status"),
        ({"status": str, "facts": Facts}, "Mine.status is a free text"),
        ({"status": Status}, "no Quote or Claim"),
        ({"status": Status, "fact": Quote}, "Mine.fact needs evidence even in a refusal"),
        ({"status": Status, "fact": Claim}, "Mine.fact needs evidence even in a refusal"),
        ({"status": Status, "facts": Annotated[list[Quote], Field(min_length=1)]}, "Mine.facts needs evidence"),
        ({"status": Status, "facts": Facts, "note": str}, "Mine.note is a free text"),
        ({"status": Status, "facts": Facts, "notes": list[str]}, "Mine.notes is a free text"),
        ({"status": Status, "facts": Facts, "note": str | None}, "Mine.note is a free text"),
        ({"status": Status, "facts": Facts, "section": Section | None}, "Section.heading is a free text"),
        ({"status": Status, "facts": Facts, "more": dict[str, str]}, "Mine.more: dict"),
        ({"status": Status, "facts": Facts, "more": Any}, "Mine.more: typing.Any"),
        ({"status": Status, "facts": Facts, "more": bytes}, "Mine.more: <class 'bytes'>"),
        ({"status": Status, "facts": Facts, "more": int | float}, "Mine.more: a union"),
        ({"status": Status, "facts": list[Quote | Section]}, "Mine.facts: a union"),
        ({"status": Status, "facts": Facts, "pair": tuple[int, bool]}, "Mine.pair: a list holds one kind"),
        ({"status": Status, "facts": Facts, "kind": Literal["a", None]}, "Mine.kind: a Literal holds"),
        ({"status": Status, "facts": Facts, "n": Annotated[int, Gt(3)]}, "Mine.n: a grammar cannot keep Gt"),
        ({"status": Status, "facts": Facts, "n": Annotated[int, Field(ge=5, le=3)]}, "Mine.n: no number"),
        ({"status": Status, "facts": Annotated[list[Quote], Field(max_length=0)]}, "Mine.facts: a list of at least 0"),
        ({"status": Status, "facts": Annotated[list[Quote], Field(alias="f")]}, "Mine.facts has an alias"),
    ],
)
def test_what_cannot_be_kept_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError) as caught:
        contract(**fields)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("model", [dict, int, 5, None, "SupportReply", SupportReply.model_construct()])
def test_what_is_no_model_is_refused(model: Any) -> None:
    with pytest.raises(ContractError, match="no pydantic model"):
        Contract(model)


def test_a_contract_that_contains_itself_is_refused() -> None:
    with pytest.raises(ContractError, match="contains itself"):
        Contract(Tree)


def test_an_unknown_type_is_refused() -> None:
    class Unfinished(BaseModel):
        status: Status
        facts: list[Missing]  # noqa: F821

    with pytest.raises(ContractError, match="not defined"):
        Contract(Unfinished)


@pytest.mark.parametrize(
    ("text", "message"), [("{% for", "fails"), ("{{ fact }}", "'fact'"), ("{{ facts | shout }}", "fails")]
)
def test_a_template_that_cannot_be_rendered_is_refused(text: str, message: str) -> None:
    class Mine(BaseModel):
        status: Status
        facts: list[Quote]
        template: ClassVar[str] = text

    with pytest.raises(ContractError, match=message):
        Contract(Mine)


def test_the_hash_names_slots_limits_and_template_and_nothing_else() -> None:
    class Base(BaseModel):
        status: Status
        facts: Facts
        closing: Annotated[str, Phrase(max_chars=40)]

    class Renamed(BaseModel):
        status: Status
        sources: Facts
        closing: Annotated[str, Phrase(max_chars=40)]

    class Longer(Base):
        closing: Annotated[str, Phrase(max_chars=41)]

    class More(Base):
        facts: Annotated[list[Quote], Field(max_length=4)]

    class Claims(Base):
        facts: Annotated[list[Quote | Claim], Field(max_length=3)]

    class Styled(Base):
        template: ClassVar[str] = "{{ closing }}"

    class Same(Base):
        """Says the same with other words."""

    hashes = [Contract(model).hash for model in (Base, Renamed, Longer, More, Claims, Styled)]
    assert len(set(hashes)) == len(hashes)
    assert Contract(Same).hash == hashes[0]
    assert all(len(each) == 64 for each in hashes)
