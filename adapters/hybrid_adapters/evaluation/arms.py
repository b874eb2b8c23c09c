"""The arms of an evaluation: who is asked, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from hybrid.answering.prompt import Message
from hybrid.contract import Contract
from hybrid_adapters.evaluation.records import ArmName
from hybrid_adapters.evaluation.scoring import Scored, scored, shown_ids
from hybrid_adapters.evaluation.store import Store
from hybrid_adapters.evaluation.written import Writer, Written
from hybrid_adapters.rows.row import TrainingRow

Progress = Callable[[str, int, int | None], None]
"""Called with the name of an arm, the number of rows that were asked, and of all."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to get replies."""

    name: ArmName
    """Name in the report."""

    model: str
    """What replies; with the prompt it decides what is written."""

    writer: Writer
    """Writes the replies."""

    chat: Callable[[TrainingRow], list[Message]]
    """What a row becomes."""

    voice: str | None = None
    """Version of the registry that speaks; None is the base."""

    prompt: str = ""
    """How it is asked, in words."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one arm made of all rows."""

    arm: Arm
    """The arm."""

    rows: tuple[TrainingRow, ...]
    """What was asked."""

    written: tuple[Written, ...]
    """What came, row by row."""

    scored: tuple[Scored, ...]
    """How good it is."""

    general: float | None = None
    """Perplexity on general text."""

    code: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """By row id whether the code in the reply passes its tests; where there are tests."""

    @property
    def mean(self) -> float:
        """Mean score."""
        return sum(each.score for each in self.scored) / len(self.scored)


class Asker:
    """Asks arms for replies, each once, also over several runs.

    Args:
        contract: What replies look like.
        store: What earlier runs have had written.
        progress: Told of every row.
    """

    def __init__(self, contract: Contract[Any], store: Store, progress: Progress) -> None:
        self._contract = contract
        self._store = store
        self.progress = progress
        """Told of every row."""

    def outcome(self, arm: Arm, rows: Sequence[TrainingRow], *, step: str | None = None) -> Outcome:
        """Return what an arm makes of rows.

        Raises:
            ModelError: A row is too long for the base.
        """
        written: list[Written] = []
        for done, row in enumerate(rows, start=1):
            written.append(self._written(arm, row))
            self.progress(step or arm.name, done, len(rows))
        return Outcome(
            arm=arm,
            rows=tuple(rows),
            written=tuple(written),
            scored=tuple(
                scored(each.reply, row.reply, self._contract, valid=each.valid)
                for each, row in zip(written, rows, strict=True)
            ),
        )

    def _written(self, arm: Arm, row: TrainingRow) -> Written:
        chat = arm.chat(row)
        key = hashlib.sha256(json.dumps([arm.model, chat, row.reply]).encode()).hexdigest()
        ids = evidence_ids(row)
        return self._store.get(key, lambda: arm.writer.write(chat, ids, arm.voice, row.reply))


def evidence_ids(row: TrainingRow) -> list[str]:
    """Return the ids of the evidence that a row shows, in order."""
    return sorted(shown_ids(row.messages[-2].content), key=lambda name: int(name[1:]))


def general_text() -> str:
    """Return text that has nothing to do with any task, for measuring what an adapter has made its base forget."""
    return files("hybrid_adapters.evaluation").joinpath("general.txt").read_text("utf-8")
