"""Golden questions as a reference, and the questions that a server was asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from hybrid.errors import GoldenError
from hybrid.evaluation.jsonl import read_rows
from hybrid.server.history import remembered

_ASKED = "SELECT trace_id, moment, question, support FROM answer WHERE moment >= ? ORDER BY moment, trace_id"
LEAST = 20
"""Golden questions below which nothing can be compared."""


@dataclass(frozen=True, kw_only=True)
class AskedQuestion:
    """One question."""

    name: str
    """Id of a golden question, trace id of a live one."""

    text: str
    """What was asked."""

    support: float | None = None
    """Support of its answer in [0, 1]; None where it was not measured."""

    moment: float = 0.0
    """When, in seconds since 1970; 0 for golden ones."""

    @property
    def words(self) -> int:
        """How long it is."""
        return len(self.text.split())


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    question: str


def golden_questions(path: Path, supports: dict[str, float]) -> list[AskedQuestion]:
    """Return the questions of a golden file, each text once.

    Args:
        path: The file.
        supports: Support by id, as the last recall-check measured it.

    Raises:
        GoldenError: The file cannot be used, or holds too few questions.
    """
    rows = [row for _, row in read_rows(path, _Row)]
    found = list(distinct(AskedQuestion(name=row.id, text=row.question, support=supports.get(row.id)) for row in rows))
    if len(found) < LEAST:
        raise GoldenError(f"{path}: {len(found)} distinct questions, at least {LEAST} are needed; write more")
    return found


def live_questions(folder: Path, *, since: float) -> list[AskedQuestion]:
    """Return what a server was asked, oldest first.

    Raises:
        StorageError: There are no records, or they cannot be read.
    """
    return [
        AskedQuestion(name=trace_id, text=text, support=support, moment=moment)
        for trace_id, moment, text, support in remembered(folder, _ASKED, (since,))
    ]


def distinct(questions: Iterable[AskedQuestion]) -> Iterator[AskedQuestion]:
    """Yield each text once, whatever its case and spaces: somebody who asks again says nothing new."""
    seen: set[str] = set()
    for question in questions:
        key = " ".join(question.text.casefold().split())
        if key not in seen:
            seen.add(key)
            yield question
