"""The built-in rules that complete a question from earlier ones."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.answering.conversation import Standalone


class RuleRewriter:
    """Takes a question as it stands."""

    def standalone(self, question: str, earlier: Sequence[str]) -> Standalone:
        """Return the question."""
        return Standalone(question=question)
