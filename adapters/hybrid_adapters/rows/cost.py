"""What a prompt costs with rules, contract and instructions in it, and what is saved where the weights know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

from hybrid.answering.prompt import Message
from hybrid.answering.request import ReplyRequest
from hybrid_adapters.rows.reading import Reader, Voice


@dataclass(frozen=True, kw_only=True)
class PromptCost:
    """What a model reads for one answer, on average over the rows."""

    tokens_full: float
    """Tokens with rules, contract and instructions."""

    tokens_distilled: float
    """Tokens with evidence and question alone."""

    counted: str
    """How tokens were counted, in words."""

    rows: int
    """Number of rows."""

    seconds_full: float | None = None
    """Seconds to read the full prompt, nothing kept from earlier ones; None where no model was run."""

    seconds_distilled: float | None = None
    """Seconds to read the distilled prompt."""


def prompt_cost(requests: Sequence[ReplyRequest], reader: Reader, voice: Voice, *, measure: bool = False) -> PromptCost:
    """Return what prompts cost both ways; each is fitted to the model by itself.

    Args:
        requests: What the rows are made of.
        reader: How the model reads.
        voice: How the adapter is served.
        measure: Whether the model is run, so that seconds are known too; readers of no model cannot.

    Raises:
        ModelError: A full prompt does not fit the model, or it cannot be loaded.
    """
    full, distilled = (
        [reader.messages(reader.fitted(request, spoken), spoken) for request in requests]
        for spoken in (replace(voice, distilled=False), replace(voice, distilled=True))
    )
    return PromptCost(
        tokens_full=_mean(full, reader),
        tokens_distilled=_mean(distilled, reader),
        counted=reader.counts,
        rows=len(requests),
        seconds_full=reader.seconds(full) if measure else None,
        seconds_distilled=reader.seconds(distilled) if measure else None,
    )


def _mean(chats: Sequence[list[Message]], reader: Reader) -> float:
    return fsum(map(reader.tokens, chats)) / len(chats)
