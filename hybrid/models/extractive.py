"""The built-in model without a language model: it answers in the documents' own sentences."""

from __future__ import annotations

from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest
from hybrid.config import Settings
from hybrid.models._quotes import choose_quotes


class ExtractiveModel:
    """Points at the sentences that answer best; needs no weights and no network, and says nothing of its own."""

    @property
    def name(self) -> str:
        """Name and version."""
        return "extractive-3"

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        """Yield the reply whole.

        Raises:
            ContractError: The contract has a field that needs a choice.
        """
        best_first = sorted(request.evidence, key=lambda unit: -unit.score)
        ids = [unit.id for unit in choose_quotes(best_first)] if best_first else []
        yield request.contract.compose("answered" if ids else "refused", ids)
        yield ReplyEnd(model=self.name)


def from_settings(settings: Settings) -> ExtractiveModel:
    """Return the model; nothing in the settings changes it."""
    return ExtractiveModel()
