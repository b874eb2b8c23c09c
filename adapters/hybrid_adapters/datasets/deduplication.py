"""Rows that ask the same with the same answer, reduced to one of them."""

from __future__ import annotations

from collections.abc import Sequence
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
    """Return one row of each group that asks the same with the same answer: an approved one before others, then the first.

    Rows that contradict each other all stay: which is right somebody has to decide.

    Args:
        records: The rows.
        embed: Makes unit vectors of texts.
        contract: Tells what is chosen in a reply from the words around it.

    Raises:
        MissingExtraError: The packages of the extra ``data`` are not installed.
    """
    embed = Remembering(embed)
    # The row that is named in a pair is the later one: what is to stay comes first.
    ordered = sorted(records, key=lambda record: not record.approved)
    questions = Questions([record.question for record in ordered], embed)
    named = {record.id: record for record in records}
    repeated = {
        each.id: Repeated(record=named[each.id], kept=each.other, reason=each.reason)
        for each in collisions(ordered, questions, contract, embed)
        if each.kind == "duplicate"
    }
    return Deduplicated(
        kept=tuple(record for record in records if record.id not in repeated),
        repeated=tuple(repeated[record.id] for record in records if record.id in repeated),
    )
