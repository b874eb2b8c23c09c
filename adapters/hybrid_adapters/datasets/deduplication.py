"""Rows that ask the same with the same answer, reduced to one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hybrid.contract import Contract
from hybrid_adapters.datasets.collisions import collisions
from hybrid_adapters.datasets.likeness import Embed, Questions, Remembering
from hybrid_adapters.datasets.records import Record


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """A row that is taken away."""

    record: Record
    """The row."""

    kept: str
    """Name of the row that stays for it."""

    reason: str
    """Why."""


@dataclass(frozen=True, kw_only=True)
class Deduplicated:
    """Rows without repetition."""

    kept: tuple[Record, ...]
    """The rows that stay, in their order."""

    repeated: tuple[Repeated, ...]
    """The rows that are taken away."""


def deduplicate(records: Sequence[Record], *, embed: Embed, contract: Contract[Any] | None = None) -> Deduplicated:
    """Return one row of each group that asks the same with the same answer: one that is approved, else the first.

    Rows that contradict each other all stay: which is right somebody has to decide.

    Args:
        records: The rows.
        embed: Makes unit vectors of texts.
        contract: Tells what is chosen in a reply from the words around it.

    Raises:
        MissingExtraError: The packages of the extra ``data`` are not installed.
    """
    embed = Remembering(embed)
    ordered = sorted(records, key=lambda record: not record.approved)
    places = {record.id: place for place, record in enumerate(ordered)}
    questions = Questions([record.question for record in ordered], embed)
    found = [each for each in collisions(ordered, questions, contract, embed) if each.kind == "duplicate"]
    stays = _first_of_each_group([(each.other, each.id) for each in found], places)
    reasons = {each.id: each.reason for each in found} | {each.other: each.reason for each in found}
    return Deduplicated(
        kept=tuple(record for record in records if stays.get(record.id, record.id) == record.id),
        repeated=tuple(
            Repeated(record=record, kept=stays[record.id], reason=reasons[record.id])
            for record in records
            if stays.get(record.id, record.id) != record.id
        ),
    )


def _first_of_each_group(pairs: Sequence[tuple[str, str]], places: Mapping[str, int]) -> dict[str, str]:
    """Return for each name in pairs the first name of all that hang together with it."""
    groups: dict[str, set[str]] = {}
    for one, other in pairs:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        groups.update(dict.fromkeys(joined, joined))
    return {name: min(group, key=lambda each: places[each]) for name, group in groups.items()}
