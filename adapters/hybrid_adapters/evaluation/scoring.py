"""One reply against its reference: what is right in it, what is wrong, and a score for the gate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from hybrid.contract import Claim, Contract, Phrase, Quote
from hybrid.errors import ReplyError
from hybrid.evaluation.wording import Rouge, rouge

_SHOWN = re.compile(r"^(E[0-9]+) \| ", re.MULTILINE)
# By whether the reply refuses, and whether the reference does.
_STATUS_FAULTS = {
    (False, True): "answers what it should refuse",
    (True, False): "refuses what it should answer",
}


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a reply consists of."""

    labels: Mapping[str, Any]
    """Its choices by place, the status among them."""

    pointers: frozenset[str]
    """Evidence ids."""

    words: str
    """What the model says itself, phrases and claims, line by line."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """How good a reply is."""

    valid: bool
    """Whether what was written with no grammar keeps the contract and points at nothing but evidence at hand."""

    faults: frozenset[str]
    """Error classes."""

    exact: bool = False
    """Whether the reply is the reference."""

    refusal: bool = False
    """Whether it refuses where the reference does, and only there."""

    labels: float = 0.0
    """Part of the choices that are right."""

    evidence: float | None = None
    """F1 of the evidence ids; None where neither has any."""

    wording: Rouge | None = None
    """Of the model's own words; None where neither has any."""

    words: str = ""
    """The model's own words."""

    reference: str = ""
    """Those of the reference."""

    @property
    def score(self) -> float:
        """The primary metric: the mean of labels, evidence and wording (ROUGE-L), of those that apply."""
        parts = [self.labels, self.evidence, None if self.wording is None else self.wording.longest]
        known = [part for part in parts if part is not None]
        return sum(known) / len(known)


def shown_ids(prompt: str) -> frozenset[str]:
    """Return the ids of the evidence that a prompt shows."""
    return frozenset(_SHOWN.findall(prompt))


def keeps_contract(text: str, contract: Contract[Any], ids: frozenset[str]) -> bool:
    """Return whether a text is a reply of the contract that points at nothing but evidence at hand."""
    try:
        return parts_of(contract.parse(text), contract).pointers <= ids
    except ReplyError:
        return False


def scored(reply: str, reference: str, contract: Contract[Any], *, valid: bool) -> Scored:
    """Return how good a reply is.

    Args:
        reply: What the model wrote; with the grammar, where it broke the contract without.
        reference: What was wanted.
        contract: What both look like.
        valid: Whether the model kept the contract by itself.
    """
    format_fault = frozenset[str]() if valid else frozenset({"broken format"})
    wanted = parts_of(contract.parse(reference), contract)
    try:
        found = parts_of(contract.parse(reply), contract)
    except ReplyError:
        return Scored(valid=False, faults=frozenset({"broken format"}), reference=wanted.words)
    spoken = rouge(found.words, wanted.words) if found.words or wanted.words else None
    return Scored(
        valid=valid,
        faults=format_fault | frozenset(_faults(found, wanted)),
        exact=found == wanted,
        refusal=(found.labels["status"] == "refused") == (wanted.labels["status"] == "refused"),
        labels=sum(found.labels.get(name) == value for name, value in wanted.labels.items()) / len(wanted.labels),
        evidence=_f1(found.pointers, wanted.pointers),
        wording=spoken,
        words=found.words,
        reference=wanted.words,
    )


def _f1(found: frozenset[str], wanted: frozenset[str]) -> float | None:
    return 2 * len(found & wanted) / (len(found) + len(wanted)) if found or wanted else None


def _faults(found: Parts, wanted: Parts) -> Iterator[str]:
    is_status, wanted_status = found.labels["status"], wanted.labels["status"]
    if is_status != wanted_status:
        yield _STATUS_FAULTS.get((is_status == "refused", wanted_status == "refused"), "wrong status")
    elif wanted.pointers and not found.pointers & wanted.pointers:
        yield "wrong evidence"
    elif found.pointers != wanted.pointers:
        yield "incomplete evidence" if found.pointers < wanted.pointers else "needless evidence"
    for name, value in wanted.labels.items():
        if name != "status" and found.labels.get(name) != value:
            yield f"wrong {name}"


class _Slots:
    """Collects pointers and words; a visitor of ``Contract.rebuilt``."""

    def __init__(self) -> None:
        self.pointers: set[str] = set()
        self.words: list[str] = []
        self.places: set[str] = set()

    def pointer(self, slot: Quote | Claim, path: str, *, may_quote: bool) -> Quote | Claim | None:
        self.places.add(path)
        self.pointers.update([slot.id] if isinstance(slot, Quote) else slot.evidence)
        if isinstance(slot, Claim):
            self.words.append(slot.text)
        return slot

    def phrase(self, text: str, rule: Phrase, path: str) -> str:
        self.places.add(path)
        if text:
            self.words.append(text)
        return text


def parts_of(reply: BaseModel, contract: Contract[Any]) -> Parts:
    """Return what a reply consists of."""
    slots = _Slots()
    contract.rebuilt(reply, slots)
    labels = {
        place: value
        for place, value in _leaves(reply.model_dump(mode="json"), "")
        if not any(place == slot or place.startswith((f"{slot}.", f"{slot}[")) for slot in slots.places)
    }
    return Parts(labels=labels, pointers=frozenset(slots.pointers), words="\n".join(slots.words))


def _leaves(value: object, place: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in cast("dict[str, object]", value).items():
            yield from _leaves(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for at, inner in enumerate(cast("list[object]", value)):
            yield from _leaves(inner, f"{place}[{at}]")
    else:
        yield place, value
