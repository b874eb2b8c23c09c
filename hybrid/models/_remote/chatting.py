"""One chat with one service, without a contract: for measuring what a model writes by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from hybrid.answering.prompt import Message
from hybrid.answering.request import Limits
from hybrid.errors import ConfigError
from hybrid.models._remote.asking import Served, chat_parameters
from hybrid.models._remote.call import heard
from hybrid.models._remote.clock import Clock
from hybrid.models._remote.failures import CallFailed
from hybrid.models._remote.json_object import ObjectReader
from hybrid.models._remote.loop import LoopLease
from hybrid.models._remote.patience import pause_after
from hybrid.models._remote.sdk import sdk, unlogged
from hybrid.models._remote.spending import Spending
from hybrid.types import TokenCounts


@dataclass(frozen=True, kw_only=True)
class Chatted:
    """What a model wrote after a chat."""

    text: str
    """All of it."""

    tokens: TokenCounts | None
    """Read and written; None where the service does not tell."""

    cost: float | None
    """Price in US dollars, where LiteLLM's list has it."""

    @property
    def json(self) -> str:
        """The first JSON object in the text, without the fences and sentences that models like to put around it."""
        reader = ObjectReader()
        reader.feed(self.text)
        return reader.text


def chatted(served: Served, messages: Sequence[Message], lease: LoopLease, limits: Limits) -> Chatted:
    """Return what a model writes after messages; a call that fails for the moment is repeated twice.

    Raises:
        DeadlineError: It took too long.
        ModelError: It could not be asked.
    """
    pieces, spending = _patiently(served, messages, lease, Clock(limits)), Spending()
    for piece in pieces:
        if isinstance(piece, TokenCounts):
            spending.add(served.name, piece)
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return Chatted(text=text, tokens=spending.tokens, cost=spending.cost)


def _patiently(served: Served, messages: Sequence[Message], lease: LoopLease, clock: Clock) -> list[str | TokenCounts]:
    for repeats in count():
        try:
            return list(heard(lease.loop, clock, chat_parameters(served, messages)))
        except CallFailed as failed:
            pause = pause_after(failed, repeats)
            if pause is None or pause >= clock.left:
                raise failed.for_user(served.name) from None
            time.sleep(pause)
    raise AssertionError("count never ends")


def require_key(name: str) -> None:
    """Return if the environment has the key that a model's provider asks for.

    Raises:
        ConfigError: It has not; the message names the variable.
        MissingExtraError: LiteLLM is not installed.
    """
    with unlogged():
        found = sdk().validate_environment(model=name)
    if missing := found["missing_keys"]:
        raise ConfigError(f"remote model {name!r} needs a key: set {' or '.join(missing)} in the environment")
