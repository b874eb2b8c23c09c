"""What the calls of one reply took."""

from __future__ import annotations

from hybrid.models._remote.sdk import sdk, unlogged
from hybrid.types import TokenCounts


class Spending:
    """Adds up the calls whose tokens are told."""

    def __init__(self) -> None:
        self.tokens: TokenCounts | None = None
        """Tokens of all calls; None where no call told."""

        self._prices: list[float | None] = []

    @property
    def cost(self) -> float | None:
        """Price of all calls in US dollars by LiteLLM's list; None where it misses one, rather than too little."""
        known = [price for price in self._prices if price is not None]
        return sum(known) if known and len(known) == len(self._prices) else None

    def add(self, name: str, tokens: TokenCounts) -> None:
        """Add a call of a model."""
        before = self.tokens or TokenCounts(prompt=0, reply=0)
        self.tokens = TokenCounts(prompt=before.prompt + tokens.prompt, reply=before.reply + tokens.reply)
        self._prices.append(_price(name, tokens))


def _price(name: str, tokens: TokenCounts) -> float | None:
    with unlogged():
        try:
            parts = sdk().cost_per_token(model=name, prompt_tokens=tokens.prompt, completion_tokens=tokens.reply)
        except Exception:  # LiteLLM says with a bare Exception that it does not know the model
            return None
    return float(sum(parts))
