"""What an arm wrote, and what every writer can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hybrid.answering.prompt import Message


@dataclass(frozen=True, kw_only=True)
class Written:
    """What one arm wrote for one row."""

    raw: str
    """With no grammar."""

    reply: str
    """The same where it keeps the contract, else what comes under the grammar; empty where even that fails."""

    valid: bool
    """Whether the first keeps the contract."""

    seconds: float
    """Time of the reply that counts."""

    tokens: int
    """Its tokens."""

    surprise: float | None = None
    """Sum of the losses of the reference's tokens; None where the model does not tell."""

    wanted: int = 0
    """Number of the reference's tokens."""

    cost: float | None = None
    """Price in US dollars; None where nobody asks for money or nobody tells."""


class Writer(Protocol):
    """Writes replies to chats."""

    def write(self, chat: list[Message], ids: Sequence[str], voice: str | None, reference: str) -> Written:
        """Return what comes after a chat.

        Args:
            chat: Messages up to the question.
            ids: Of the evidence that they show.
            voice: Who speaks, where the writer has several; None is the base.
            reference: The reply that was wanted.

        Raises:
            ModelError: The model cannot be asked.
        """
        ...
