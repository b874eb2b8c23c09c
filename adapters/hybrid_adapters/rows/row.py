"""Training rows as files: what a model read in serving, and the reply it is to learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from hybrid.errors import RowsError
from hybrid.evaluation.jsonl import read_rows
from hybrid_adapters.rows.example import Decision, Strict, Text

Split = Literal["train", "held-out"]
"""Whether a row may be trained on."""


class ChatMessage(Strict):
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    """Who speaks."""

    content: str
    """What is said."""


class TrainingRow(Strict):
    """One line of a rows file."""

    id: Text
    """The example's id, with what was changed: ``sv-001``, ``sv-001:missing``, ``sv-001:put-in``."""

    messages: list[ChatMessage] = Field(min_length=2)
    """The prompt of serving, message by message, and at the end the reply as the contract's JSON."""

    example: Text
    """Id of the example that it was made from."""

    documents: list[Text]
    """Ids of the documents that the example's reply rests on, sorted; a row is split by them."""

    contract: Text
    """Hash of the contract."""

    prompt_hash: Text
    """Hash of the form of the prompt: see ``prompt_form_hash``."""

    era: Text
    """The policies under which the reply was right."""

    reviewer: str | None
    """Who decided about it."""

    decision: Decision
    """What the reviewer decided."""

    split: Split
    """Whether it may be trained on."""

    @property
    def prompt(self) -> list[dict[str, str]]:
        """What the model reads, as ``hybrid.answering.prompt.messages`` made it."""
        return [message.model_dump() for message in self.messages[:-1]]

    @property
    def reply(self) -> str:
        """What the model is to write."""
        return self.messages[-1].content

    def canonical(self) -> str:
        """Return the row as one line of JSON, the same for equal rows."""
        return json.dumps(self.model_dump(), ensure_ascii=False, separators=(",", ":"))


def rows_text(rows: Iterable[TrainingRow]) -> str:
    """Return the content of a rows file."""
    return "".join(row.canonical() + "\n" for row in rows)


def rows_version(rows: Iterable[TrainingRow]) -> str:
    """Return the version of a dataset: SHA-256 (hex) of its rows' canonical lines, in order."""
    return hashlib.sha256(rows_text(rows).encode()).hexdigest()


def load_rows(path: Path) -> list[TrainingRow]:
    """Return the rows of a file, in order.

    Raises:
        RowsError: The file cannot be read, a line is no row, its reply is not last, or an id stands twice.
    """
    found: dict[str, TrainingRow] = {}
    for place, row in read_rows(path, TrainingRow, failure=RowsError):
        if row.id in found:
            raise RowsError(f"{place}: id {row.id!r} stands twice; build the rows again")
        roles = [message.role for message in row.messages]
        if roles not in (["user", "assistant"], ["system", "user", "assistant"]):
            raise RowsError(
                f"{place}: row {row.id!r} has the messages {', '.join(roles)}; a row is (system,) user, assistant"
            )
        found[row.id] = row
    return list(found.values())
