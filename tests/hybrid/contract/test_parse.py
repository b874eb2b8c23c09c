"""What a model sends is a valid reply or an error by name; what a stream shows early is what the end shows."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from hybrid.contract import Claim, Contract, Phrase, Quote, SupportReply
from hybrid.errors import ReplyError

IDS = ("E1", "E2", "E3")


class Step(BaseModel):
    done: bool
    by: Literal["you", "us"]
    fact: Quote


class Ticket(BaseModel):
    status: Literal["answered", "refused", "clarify"]
    facts: Annotated[list[Quote | Claim], Field(max_length=4)]
    urgent: bool
    level: Annotated[int, Field(ge=1, le=5)]
    best: Quote | None
    steps: list[Step]
    also: Step | None
    closing: Annotated[str, Phrase(max_chars=40)]


SUPPORT, TICKET = Contract(SupportReply), Contract(Ticket)
ids = st.sampled_from(IDS)
claims = st.fixed_dictionaries(
    {"text": st.text(min_size=1, max_size=30), "evidence": st.lists(ids, min_size=1, max_size=3)}
)
facts = st.lists(ids | claims, max_size=4)
steps = st.fixed_dictionaries({"done": st.booleans(), "by": st.sampled_from(["you", "us"]), "fact": ids})
statuses = st.sampled_from(["answered", "refused", "clarify"])
phrases = st.sampled_from(["", "Hello", 'Say "yes"', "Grüße: \u00e4"])
support_replies = st.fixed_dictionaries({"status": statuses, "opening": phrases, "evidence": facts, "closing": phrases})
tickets = st.fixed_dictionaries(
    {
        "status": statuses,
        "facts": facts,
        "urgent": st.booleans(),
        "level": st.integers(1, 5),
        "best": st.none() | ids,
        "steps": st.lists(steps, max_size=3),
        "also": st.none() | steps,
        "closing": phrases,
    }
)
replies = support_replies.map(lambda reply: (SUPPORT, reply)) | tickets.map(lambda reply: (TICKET, reply))


@st.composite
def shuffled(draw: st.DrawFn, reply: dict[str, Any]) -> dict[str, Any]:
    return dict(draw(st.permutations(list(reply.items()))))


def parses(contract: Contract[Any], text: str) -> bool:
    try:
        contract.parse(text)
    except ReplyError:
        return False
    return True


def grown(early: Any, late: Any) -> bool:
    """Whether everything that stands early stands late as well."""
    match early:
        case None | "":
            return True
        case dict():
            return all(grown(value, late[name]) for name, value in early.items())
        case list() | tuple():
            return len(early) <= len(late) and all(map(grown, early, late))
        case _:
            return early == late


@settings(max_examples=60, deadline=None)
@given(data=st.data(), chosen=replies, ascii_=st.booleans(), indent=st.sampled_from([None, 1]))
def test_what_is_shown_early_is_what_the_end_shows(data: st.DataObject, chosen: Any, ascii_: bool, indent: int | None):
    contract, reply = chosen
    text = json.dumps(data.draw(shuffled(reply)), ensure_ascii=ascii_, indent=indent)
    final = contract.parse(text)
    shown = 0
    for cut in range(len(text) + 1):
        if (partial := contract.parse_partial(text[:cut])) is not None:
            shown += 1
            assert grown(partial.model_dump(mode="python"), final.model_dump(mode="python")), text[:cut]
    # A number at the very end may go on, and nothing is shown before it is known.
    assert shown or contract is TICKET


@settings(max_examples=200, deadline=None)
@given(chosen=replies)
def test_the_strict_schema_accepts_what_parses(chosen: Any) -> None:
    contract, reply = chosen
    contract.parse(json.dumps(reply))
    Draft202012Validator.check_schema(contract.strict_schema(IDS))
    Draft202012Validator(contract.strict_schema(IDS)).validate(reply)


odd = st.sampled_from(
    [None, True, 0, 1, 7, "yes", "E9", "E1", [], ["E1"], {}, {"id": "E1", "text": "Invented."}, "answered"]
)


@settings(max_examples=250, deadline=None)
@given(data=st.data(), chosen=replies, value=odd, how=st.sampled_from(["replace", "remove", "add", "item"]))
def test_the_strict_schema_refuses_what_does_not_parse(data: st.DataObject, chosen: Any, value: Any, how: str) -> None:
    """They agree on every mutation; ids are the schema's part, because only it knows the evidence at hand."""
    contract, reply = chosen
    name = data.draw(st.sampled_from(sorted(reply)))
    changed = dict(reply)
    match how:
        case "replace":
            changed[name] = value
        case "remove":
            del changed[name]
        case "item" if isinstance(changed[name], list):
            changed[name] = [*changed[name][:3], value]
        case _:
            changed["extra"] = value
    accepted = Draft202012Validator(contract.strict_schema((*IDS, "E9", "yes", "answered"))).is_valid(changed)
    assert accepted is parses(contract, json.dumps(changed))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        '"answered"',
        "I refuse.",
        '{"status": "answered"',
        '{"status": "answered", "opening": "", "evidence": ["E1"], "closing": ""} and more',
        '{"status": "answered", "opening": "", "evidence": ["E1"], "evidence": ["E2"], "closing": ""}',
        '{"status": "refused", "status": "answered", "opening": "", "evidence": ["E1"], "closing": ""}',
        '{"status": "answered", "opening": "", "evidence": [{"id": "E1", "text": "Invented."}], "closing": ""}',
        '{"status": "answered", "opening": "", "evidence": [{"text": "a", "evidence": ["E1"], "markers": []}]}',
        '{"status": "answered", "opening": "", "evidence": [{"text": "a", "evidence": []}], "closing": ""}',
        '{"status": "answered", "opening": "\\ud800", "evidence": ["E1"], "closing": ""}',
        '{"status": "answered", "opening": "\ud800", "evidence": ["E1"], "closing": ""}',
        '{"status": "answered", "opening": "", "evidence": ' + "[" * 5_000,
        '{"status": "answered", "opening": "", "evidence": ["E1"], "closing": "", "x": ' + "[" * 150 + "]" * 150 + "}",
        '{"status": "ans\x00wered", "opening": "", "evidence": ["E1"], "closing": ""}',
    ],
)
def test_what_is_no_reply_is_an_error_by_name(text: str) -> None:
    with pytest.raises(ReplyError) as caught:
        SUPPORT.parse(text)
    assert "\n" not in str(caught.value)
    assert "Invented" not in str(caught.value)
    for cut in range(min(len(text), 300)):
        SUPPORT.parse_partial(text[:cut])


@settings(max_examples=300, deadline=None)
@given(
    text=st.text()
    | st.text(alphabet='{}[]":,E1 status"answered\\u0')
    | st.binary().map(lambda raw: raw.decode("latin-1"))
)
def test_any_text_parses_or_is_an_error_by_name(text: str) -> None:
    SUPPORT.parse_partial(text)
    with pytest.raises(ReplyError):
        SUPPORT.parse(text)
