"""What is trained on, read from files: chats, preferences or text, and who approved them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from hybrid.answering.prompt import Message
from hybrid.errors import RowsError
from hybrid.evaluation.jsonl import read_lines, read_rows
from hybrid_adapters.rows.card import DatasetCard, card_path, load_dataset
from hybrid_adapters.rows.content import content_version

_LEAST = 2
_TEXTS = frozenset({".txt", ".md"})


class _Row(BaseModel):
    # Rows of others carry more than is needed here.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _ChatMessage(_Row):
    role: Literal["system", "user", "assistant"]
    content: str


class _Reviewed(_Row):
    id: str
    example: str | None = None
    decision: str = "open"
    split: Literal["train", "held-out"] = "train"
    era: str | None = None
    reviewer: str | None = None
    contract: str | None = None


class ChatRow(_Reviewed):
    """A chat whose assistant messages are learned."""

    messages: Annotated[list[_ChatMessage], Field(min_length=2)]
    """From first to last; the last one is the assistant's."""

    @property
    def chat(self) -> list[Message]:
        """The messages as templates take them."""
        return [message.model_dump() for message in self.messages]


class PreferenceRow(_Reviewed):
    """A prompt with the reply that somebody prefers and one that they do not."""

    prompt: Annotated[list[_ChatMessage], Field(min_length=1)]
    """Messages before the reply."""

    chosen: str
    """The better reply."""

    rejected: str
    """The worse reply."""

    def chat(self, reply: str) -> list[Message]:
        """Return the messages with one of the replies."""
        return [*(message.model_dump() for message in self.prompt), {"role": "assistant", "content": reply}]


class TextRow(_Row):
    """A text that is read on."""

    id: str = ""
    text: Annotated[str, Field(min_length=1, pattern=r"\S")]
    split: Literal["train", "held-out"] = "train"


Row = TypeVar("Row", ChatRow, PreferenceRow)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where rows come from."""

    card: DatasetCard | None = None
    """The card of rows that ``hybrid data build`` made."""

    version: str | None = None
    """What ``hybrid data version`` says of the file; None where nobody keeps versions of it."""

    rows: int = 0
    """Number of rows, held-out ones included."""

    approved: int = 0
    """How many of them a person approved."""

    eras: dict[str, int] = field(default_factory=dict[str, int])
    """Rows by policy era."""

    reviewers: tuple[str, ...] = ()
    """Who approved them."""


def read_chats(path: Path) -> tuple[list[ChatRow], Provenance]:
    """Return the chats of a file; all of them are approved.

    Raises:
        RowsError: The file cannot be read, its card belongs to other rows, or a row may not be trained on.
    """
    rows = _reviewed(path, ChatRow)
    for row in rows:
        if row.messages[-1].role != "assistant":
            raise RowsError(f"{path}: row {row.id!r} ends with a message of the {row.messages[-1].role}; add the reply")
    return rows, _provenance(path, rows)


def read_preferences(path: Path) -> tuple[list[PreferenceRow], Provenance]:
    """Return the preference pairs of a file; all of them are approved.

    Raises:
        RowsError: The file cannot be read, or a row may not be trained on.
    """
    rows = _reviewed(path, PreferenceRow)
    for row in rows:
        if row.chosen == row.rejected:
            raise RowsError(f"{path}: row {row.id!r} prefers a reply to itself; there is nothing to learn in it")
    return rows, _provenance(path, rows)


def read_texts(path: Path) -> tuple[list[TextRow], Provenance]:
    """Return the texts of a JSONL file, of one text file, or of all text files in a folder, in order.

    Raises:
        RowsError: A file cannot be read, or there is no text.
    """
    if path.is_file() and path.suffix not in _TEXTS:
        rows = [
            row.model_copy(update={"id": row.id or place}) for place, row in read_rows(path, TextRow, failure=RowsError)
        ]
    else:
        files = sorted(file for file in path.rglob("*") if file.suffix in _TEXTS) if path.is_dir() else [path]
        rows = [row for file in files for row in _text_of(file)]
    if not rows:
        raise RowsError(f"{path}: there is no text in it; name a .txt or .md file, a folder of them, or a JSONL file")
    return rows, Provenance(rows=len(rows))


def _text_of(file: Path) -> list[TextRow]:
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise RowsError(f"{file}: cannot be read ({error.strerror}); name an existing file") from None
    except UnicodeDecodeError as error:
        raise RowsError(f"{file}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    return [TextRow(id=file.name, text=text)] if text.strip() else []


def _reviewed(path: Path, model: type[Row]) -> list[Row]:
    found: dict[str, Row] = {}
    for place, row in read_rows(path, model, failure=RowsError):
        if row.id in found:
            raise RowsError(f"{place}: id {row.id!r} stands twice; ids must be distinct")
        found[row.id] = row
    rows = list(found.values())
    if waiting := [row for row in rows if row.decision != "approved"]:
        raise RowsError(
            f"{path}: {len(waiting)} of {len(rows)} rows are not approved (row {waiting[0].id!r} is "
            f"{waiting[0].decision!r}), and only approved rows train; review them or leave them out"
        )
    if (count := sum(row.split == "train" for row in rows)) < _LEAST:
        raise RowsError(f"{path}: {count} training row(s); a voice takes some 200, and training at least {_LEAST}")
    return rows


def _provenance(path: Path, rows: Sequence[ChatRow] | Sequence[PreferenceRow]) -> Provenance:
    card = load_dataset(path)[1] if card_path(path).is_file() else None
    eras = Counter(row.era for row in rows if row.era)
    return Provenance(
        card=card,
        version=card.version if card else content_version(json.loads(line) for _, line in read_lines(path)),
        rows=len(rows),
        approved=len(rows),
        eras=dict(sorted(eras.items())),
        reviewers=tuple(sorted({row.reviewer for row in rows if row.reviewer})),
    )
