"""Rows divided into those that train and those that are held out, so that nothing of the one stands in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hybrid.errors import RowsError
from hybrid_adapters.datasets.checking import require_held_out
from hybrid_adapters.datasets.labels import document_key
from hybrid_adapters.datasets.likeness import Embed, Questions, Remembering, alike
from hybrid_adapters.datasets.records import Record
from hybrid_adapters.rows.row import Split
from hybrid_adapters.rows.splitting import held_out

_ASKED = "\0asked"


@dataclass(frozen=True, kw_only=True)
class Divided:
    """Rows that train, and rows that are held out."""

    train: tuple[Record, ...]
    """The rows that train, in their order."""

    held_out: tuple[Record, ...]
    """The rows that are held out, in their order."""


def divide(records: Sequence[Record], *, share: float, seed: int, embed: Embed) -> Divided:
    """Return rows divided by their documents: rows that rest on one document, or ask the same, stay together.

    The same rows, share and seed give the same division, whatever the order of the rows.

    Args:
        records: The rows.
        share: Part to hold out, above 0 and below 1.
        seed: Decides which.
        embed: Makes unit vectors of texts.

    Raises:
        RowsError: The share is none, or too few rows can be held out to measure anything.
        MissingExtraError: The packages of the extra ``data`` are not installed.
    """
    if not 0.0 < share < 1.0:
        raise RowsError(f"the share of held-out rows is {share:g}; give one above 0 and below 1")
    ties: dict[str, list[str]] = {
        record.id: [document_key(document) for document in record.documents] for record in records
    }
    remembering = Remembering(embed)
    for pair in alike(Questions([record.question for record in records], remembering), remembering):
        first, second = sorted((records[pair.first].id, records[pair.second].id))
        for name in (first, second):
            ties[name].append(f"{_ASKED}:{first}:{second}")
    held = held_out(ties, share, seed)
    require_held_out(len(held), f"{share:.0%} of {len(records)} rows, divided by document")
    return Divided(
        train=tuple(record for record in records if record.id not in held),
        held_out=tuple(record for record in records if record.id in held),
    )


def divided_fields(record: Record, split: Split) -> dict[str, Any]:
    """Return a row as JSON values that say which part it is of, where its form can."""
    fields = record.fields()
    return fields if record.form == "example" else {**fields, "split": split}


def division_fields(divided: Divided) -> dict[str, Any]:
    """Return sizes of a division as JSON values."""
    return {
        "train": len(divided.train),
        "held_out": len(divided.held_out),
        "documents": {
            "train": len({document_key(name) for record in divided.train for name in record.documents}),
            "held_out": len({document_key(name) for record in divided.held_out for name in record.documents}),
        },
    }
