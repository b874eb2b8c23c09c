"""Turning a question that leans on earlier ones into one that stands by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Standalone:
    """A question that can be searched without knowing what was said before."""

    question: str
    """The question."""

    clear: bool = True
    """Whether it says what is asked at all; where not, the answer is to ask back."""


class Rewriter(Protocol):
    """Completes questions from earlier ones of the same person; it never sees answers or documents."""

    def standalone(self, question: str, earlier: Sequence[str]) -> Standalone:
        """Return the question completed.

        Args:
            question: As asked.
            earlier: The same person's questions before it, oldest first.
        """
        ...
