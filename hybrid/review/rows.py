"""Training rows that wait for a person, at the desk: shown where their documents may be read, decided by one review."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from hybrid import _plugins
from hybrid.contract import Contract
from hybrid.errors import RowsError

RowDecision = Literal["approved", "rejected"]
"""What a reviewer may say of a row."""

_OPEN = "open"


@dataclass(frozen=True, kw_only=True)
class OpenRow:
    """A row that nobody has decided about."""

    id: str
    """Its name in its file."""

    question: str
    """What is asked."""

    groups: tuple[str, ...]
    """Groups of who asks."""

    reply: dict[str, Any]
    """The reply that would be learned, facts by document and quote."""

    era: str
    """Policies under which it is right."""

    author: str
    """Who wrote it."""


def open_rows(path: Path, readable: Callable[[str], bool]) -> list[OpenRow]:
    """Return the rows of a file of examples that wait, in order.

    Args:
        path: The file; there are no rows where it does not exist.
        readable: Whether the reviewer may read the document of a name; a row that names another one is left out.

    Raises:
        RowsError: It is no file of examples.
    """
    if not path.exists():
        return []
    placed: Sequence[Any] = _plugins.load("hybrid_adapters.rows.example:load_examples")([path])
    return [
        OpenRow(
            id=example.id,
            question=example.question,
            groups=tuple(example.asking.groups),
            reply=example.reply,
            era=example.era,
            author=example.author,
        )
        for example in (each.example for each in placed)
        if example.decision == _OPEN and all(map(readable, _documents(example.reply)))
    ]


def decide_row(path: Path, name: str, reviewer: str, decision: RowDecision, contract: Contract[Any]) -> None:
    """Keep what a reviewer says of a row; it is in the file, and in the journal beside it, when this returns.

    Raises:
        RowsError: There is no such row that waits, it breaks the contract, or the reviewer has no name.
        StorageError: The disk is full or refuses.
    """
    records: Sequence[Any] = _plugins.load("hybrid_adapters.datasets.reading:load_records")([path])
    found = next((record for record in records if record.id == name and record.row.decision == _OPEN), None)
    if found is None:
        raise RowsError(f"no row {name!r} waits; look again, somebody else may have decided")
    review = _plugins.load("hybrid_adapters.datasets.reviewing:Review")(path, reviewer, contract=contract)
    (review.approve if decision == "approved" else review.reject)(found)


def _documents(value: Any) -> Iterator[str]:
    """Yield the documents that a reply names."""
    match value:
        case {"document": str(name)}:
            yield name
        case dict():
            for each in cast(dict[str, Any], value).values():
                yield from _documents(each)
        case list():
            for each in cast(list[Any], value):
                yield from _documents(each)
        case _:
            pass
