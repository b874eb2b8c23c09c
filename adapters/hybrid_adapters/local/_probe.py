"""The fixed request that every voice is proved with, and what a network makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract
from hybrid.types import Evidence, Passage, StageScores
from hybrid_adapters.local._network import Network
from hybrid_adapters.local._prompts import Prompt, Prompts
from hybrid_adapters.registry.manifest import Manifest
from hybrid_adapters.registry.proof import check_effect

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Logits = NDArray[np.float32]

REPLY_TOKENS = 24
"""Tokens of the recorded reply: past the braces of the format, into the words."""

# Whoever changes a character of these unbinds every adapter.
_QUESTION = "How long does a refund take, and where does the money go?"
_UNITS = (
    "Refunds arrive within 5 working days and go to the card you paid with.",
    "A repair takes up to 3 weeks; the warehouse calls you when it is done.",
    '| Plan | Price |: "Sail" costs 79 EUR a month (`plan=sail`).',
)


def probe_prompt(prompts: Prompts, contract: Contract[Any], *, instructions: str, distilled: bool) -> Prompt:
    """Return the fixed request as a model reads it.

    Args:
        prompts: Of the model.
        contract: What replies look like.
        instructions: Of the adapter.
        distilled: Whether the adapter's weights carry the rules.

    Raises:
        ModelError: It is too long for the model.
    """
    request = ReplyRequest(question=_QUESTION, evidence=_evidence(), contract=contract)
    return prompts.prompt(request, instructions=instructions, reply=REPLY_TOKENS, distilled=distilled)


def prove(network: Network, adapter: str, manifest: Manifest, prompt: Prompt) -> None:
    """Read the fixed request and the recorded reply, with the adapter and without, and compare.

    Args:
        network: With the adapter attached.
        adapter: Its name there.
        manifest: Of the adapter.
        prompt: The fixed request.

    Raises:
        ModelFilesError: The adapter does not do what it did when it was bound.
    """
    reply = manifest.proof.reply if manifest.proof else ()
    check_effect(manifest, trail(network, None, prompt, reply), trail(network, adapter, prompt, reply))


def trail(network: Network, adapter: str | None, prompt: Prompt, reply: tuple[int, ...]) -> Logits:
    """Return ``(len(reply), vocabulary)``: the logits before each token of a reply."""
    return network.trail((*prompt.tokens, *reply[:-1]), adapter, max(1, len(reply)))


def likeliest_reply(network: Network, adapter: str, prompt: Prompt) -> tuple[int, ...]:
    """Return the tokens that a network would write first, without a grammar."""
    reply: list[int] = []
    cache, fed = network.fresh_cache(), list(prompt.tokens)
    while len(reply) < REPLY_TOKENS:
        reply.append(int(network.logits([fed], [adapter], cache)[0].argmax()))
        fed = reply[-1:]
    return tuple(reply)


def _evidence() -> tuple[Evidence, ...]:
    text = "\n".join(_UNITS)
    passage = Passage(
        document_id="probe:refunds.md",
        uri="probe:refunds.md",
        title="Refunds and repairs",
        version="1",
        text=text,
        start=0,
        end=len(text),
        lines=(1, len(_UNITS)),
        heading_path=("Help", "Refunds"),
        scores=StageScores(fused=1.0),
    )
    starts = [text.index(unit) for unit in _UNITS]
    return tuple(
        Evidence(id=f"E{place}", passage=passage, text=unit, start=start, end=start + len(unit), lines=(place, place))
        for place, (unit, start) in enumerate(zip(_UNITS, starts, strict=True), start=1)
    )
