"""What a check finds in rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hybrid_adapters.datasets.records import Record

Kind = Literal["format", "conflict", "duplicate", "leak", "personal", "review", "count"]
"""What is wrong with a row; ``count`` is said of all rows together."""

MEANINGS: dict[Kind, str] = {
    "format": "not what the contract and the other rows are",
    "conflict": "one question, two answers",
    "duplicate": "asked already; hybrid data dedupe takes them away",
    "leak": "stand among the golden questions or the held-out rows",
    "personal": "hold personal data",
    "review": "approved by fewer people than asked for",
    "count": "too few for the purpose",
}
"""The kinds in words, in the order of reports."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A defect that somebody must mend."""

    kind: Kind
    """What is wrong."""

    id: str
    """Name of the row, as far as it has one."""

    place: str
    """``file:line``."""

    reason: str
    """What is wrong in detail, without the personal data itself."""

    other: str = ""
    """Name of the row or golden question that it collides with."""


def finding(kind: Kind, record: Record, reason: str, other: str = "") -> Finding:
    """Return a defect of a row."""
    return Finding(kind=kind, id=record.id, place=record.place, reason=reason, other=other)
