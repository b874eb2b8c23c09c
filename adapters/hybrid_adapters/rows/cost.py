"""What a prompt costs with rules, contract and instructions in it, and what is saved where the weights know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

from hybrid.answering.request import ReplyRequest
from hybrid_adapters.rows.reading import Reader, Voice


@dataclass(frozen=True, kw_only=True)
class PromptCost:
    """Tokens that a model reads for one answer, on average over the rows."""

    full: float
    """With rules, contract and instructions."""

    distilled: float
    """With evidence and question alone."""

    counted: str
    """How tokens were counted, in words."""

    rows: int
    """Number of rows."""

    @property
    def saved(self) -> float:
        """Tokens that distilling saves for each answer."""
        return self.full - self.distilled


def prompt_cost(requests: Sequence[ReplyRequest], reader: Reader, voice: Voice) -> PromptCost:
    """Return what prompts cost both ways; each is fitted to the model by itself."""
    full, distilled = (
        fsum(reader.tokens(reader.messages(reader.fitted(request, spoken), spoken)) for request in requests)
        / len(requests)
        for spoken in (replace(voice, distilled=False), replace(voice, distilled=True))
    )
    return PromptCost(full=full, distilled=distilled, counted=reader.counts, rows=len(requests))
