"""Whether rows are what the contract says, and what the other rows are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from hybrid.contract import Contract
from hybrid.errors import RowsError
from hybrid_adapters.datasets.findings import Finding, finding
from hybrid_adapters.datasets.reading import Fault
from hybrid_adapters.datasets.records import Chat, Record
from hybrid_adapters.rows.example import Example
from hybrid_adapters.rows.pointing import authored

_USUAL = 0.9
_RARE = 0.02


def format_findings(
    records: Sequence[Record], faults: Iterable[Fault], contract: Contract[Any] | None, eras: Sequence[str]
) -> Iterator[Finding]:
    """Yield what is wrong with the form of rows.

    Args:
        records: The rows.
        faults: Lines that are none.
        contract: What the replies of examples have to be.
        eras: The policy eras that there are; none given means any.
    """
    for fault in faults:
        yield Finding(kind="format", id=fault.id, place=f"{fault.file}:{fault.line}", reason=fault.reason)
    for record in records:
        if reason := reply_fault(record, contract) or _blank(record):
            yield finding("format", record, reason)
    yield from _eras(records, eras)
    for what, shape in _SHAPES.items():
        yield from _unusual(records, what, shape)


def reply_fault(record: Record, contract: Contract[Any] | None) -> str:
    """Return why the reply of an example is not what the contract says, or nothing."""
    if contract is None or not isinstance(record.row, Example):
        return ""
    try:
        authored(record.row.reply, contract)
    except RowsError as error:
        return str(error)
    return ""


def _blank(record: Record) -> str:
    if not record.question.strip():
        return "asks nothing; write the question"
    if not record.reply_text.strip():
        return "replies nothing; write the reply"
    return ""


def _eras(records: Sequence[Record], known: Sequence[str]) -> Iterator[Finding]:
    counted = Counter(record.row.era for record in records)
    # Nobody listed the eras: one that few rows have is suspect where it is spelt nearly as one that many have.
    usual = list(known) or [era for era, count in counted.items() if count > _RARE * len(records)]
    for record in records:
        era = record.row.era
        near = get_close_matches(era, usual, n=1)
        if era not in usual and (known or near):
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            yield finding("format", record, f"era {era!r} does not exist; {hint}")


def _roles(record: Record) -> str | None:
    if not isinstance(record.row, Chat):
        return None
    return "with a system message" if record.row.messages[0].role == "system" else "without a system message"


def _system(record: Record) -> str | None:
    messages = record.row.messages if isinstance(record.row, Chat) else []
    return messages[0].content if messages and messages[0].role == "system" else None


def _reply_shape(record: Record) -> str | None:
    if isinstance(record.row, Example):
        return None
    return json.dumps(sorted(record.reply)) if not isinstance(record.reply, str) else "a text"


_SHAPES: dict[str, Callable[[Record], str | None]] = {
    "the order of messages": _roles,
    "the system message": _system,
    "the fields of the reply": _reply_shape,
}


def _unusual(records: Sequence[Record], what: str, shape: Callable[[Record], str | None]) -> Iterator[Finding]:
    """Yield the rows that differ in a shape that nine of ten have."""
    shaped = [(record, found) for record in records if (found := shape(record)) is not None]
    if not shaped:
        return
    usual, count = Counter(found for _, found in shaped).most_common(1)[0]
    if count == len(shaped) or count < _USUAL * len(shaped):
        return
    for record, found in shaped:
        if found != usual:
            yield finding("format", record, f"{what} is not that of the {count} other rows; make it the same")
