"""Choice rows: a question with the units that serving would score for it, and which of them answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hybrid.errors import RowsError
from hybrid.evaluation.jsonl import read_rows


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Candidate(_Record):
    """A unit as the ranker reads it."""

    text: Annotated[str, Field(min_length=1)]
    """Its text with what stands above it."""

    score: float
    """What meaning, words and the passage's rank say of it, without a ranker; comparable within one question."""

    answers: bool = False
    """Whether it answers."""


class ChoiceRow(_Record):
    """One question."""

    id: Annotated[str, Field(min_length=1)]
    """Of the golden question."""

    question: Annotated[str, Field(min_length=1)]
    """What is asked."""

    candidates: Annotated[tuple[Candidate, ...], Field(min_length=1)]
    """Best score first."""

    documents: tuple[str, ...] = ()
    """Ids of the documents that answer; none where nothing does."""

    split: Literal["train", "held-out"] = "train"
    """What it is for."""

    @property
    def answerable(self) -> bool:
        """Whether a candidate answers."""
        return any(each.answers for each in self.candidates)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what is asked and read; whoever knows it knows the row."""
        asked = "\0".join((self.question, *sorted(each.text for each in self.candidates)))
        return hashlib.sha256(asked.encode()).hexdigest()


def read_choices(path: Path) -> list[ChoiceRow]:
    """Return the rows of a file, in order.

    Raises:
        RowsError: The file cannot be read, is empty, a line is no choice row, or an id stands twice.
    """
    found: dict[str, ChoiceRow] = {}
    for place, row in read_rows(path, ChoiceRow, failure=RowsError):
        if row.id in found:
            raise RowsError(f"{place}: id {row.id!r} stands twice; ids must be distinct")
        found[row.id] = row
    return list(found.values())


def choices_text(rows: Iterable[ChoiceRow]) -> str:
    """Return rows as the lines of a file."""
    return "".join(f"{row.model_dump_json()}\n" for row in rows)


def choices_version(rows: Sequence[ChoiceRow]) -> str:
    """Return the version of rows: SHA-256 (hex) of their lines, in order."""
    return hashlib.sha256(choices_text(rows).encode()).hexdigest()
