"""The simpler way: what the base can be brought to by rules, instructions and examples in its prompt."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hybrid.answering.prompt import Message, messages
from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract
from hybrid_adapters.rows.row import TrainingRow

TRIED_ON = 8
"""Training rows that candidates are compared on; held-out rows choose nothing."""

_SHOTS = (1, 2, 4)


@dataclass(frozen=True, kw_only=True)
class Prompting:
    """A way to ask a base."""

    system: str
    """Rules, contract and instructions; empty where the base is asked bare."""

    shots: tuple[TrainingRow, ...] = ()
    """Examples, shown as turns of the chat; as many as fit a row."""

    @property
    def name(self) -> str:
        """The way in words."""
        if not self.system:
            return "question and evidence alone"
        return f"rules and {len(self.shots)} examples" if self.shots else "rules alone"

    def chat(self, row: TrainingRow, fits: Callable[[list[Message]], bool]) -> list[Message]:
        """Return the chat that asks a row's question, with as many examples as fit.

        Args:
            row: The row.
            fits: Whether a chat leaves room for the reply.
        """
        asked = [message for message in row.prompt if message["role"] == "user"]
        rules: list[Message] = [{"role": "system", "content": self.system}] if self.system else []
        for count in range(len(self.shots), 0, -1):
            turns = [turn for shot in self.shots[:count] for turn in _turns(shot)]
            if fits(chat := [*rules, *turns, *asked]):
                return chat
        return [*rules, *asked]


def bare() -> Prompting:
    """Return how a base is asked without a prompt."""
    return Prompting(system="")


def candidates(
    training: Sequence[TrainingRow], contract: Contract[Any], instructions: Sequence[str]
) -> list[Prompting]:
    """Return ways to ask: rules with each of the instructions, without examples and with one, two and four.

    Examples are the shortest training rows of each status in turn, so that as many as possible fit.

    Args:
        training: Rows for training.
        contract: What replies look like.
        instructions: How to speak, each another try.
    """
    empty = ReplyRequest(question="", evidence=(), contract=contract)
    systems = [messages(empty, instructions=each)[0]["content"] for each in dict.fromkeys(instructions)]
    shots = _shortest(training)
    numbers = [number for number in (0, *_SHOTS) if number <= len(shots)]
    return [Prompting(system=system, shots=tuple(shots[:number])) for system in systems for number in numbers]


def tried_on(training: Sequence[TrainingRow], shots: Sequence[TrainingRow]) -> list[TrainingRow]:
    """Return the training rows that candidates are compared on, none of them an example."""
    shown = {shot.id for shot in shots}
    free = [row for row in training if row.id not in shown]
    step = max(1, len(free) // TRIED_ON)
    return free[::step][:TRIED_ON]


def _shortest(training: Sequence[TrainingRow]) -> list[TrainingRow]:
    by_status: dict[str, list[TrainingRow]] = {}
    for row in sorted(training, key=lambda row: (len(row.messages[-2].content), row.id)):
        by_status.setdefault(str(json.loads(row.reply).get("status")), []).append(row)
    ranked = [(place, row) for rows in by_status.values() for place, row in enumerate(rows)]
    return [row for _, row in sorted(ranked, key=lambda each: each[0])][: max(_SHOTS)]


def _turns(row: TrainingRow) -> list[Message]:
    question = next(message for message in row.prompt if message["role"] == "user")
    return [question, {"role": "assistant", "content": row.reply}]
