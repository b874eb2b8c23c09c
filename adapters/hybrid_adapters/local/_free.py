"""A reply as a model writes it by itself: the likeliest tokens, with no grammar to hold it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from hybrid_adapters.local._kv import is_plain
from hybrid_adapters.local._network import Network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AHEAD = 16


def free_reply(
    network: Network,
    adapter: str | None,
    prompt: Sequence[int],
    *,
    stops: Collection[int],
    limit: int,
    guess: Callable[[Sequence[int]], Sequence[int]] = lambda written: (),
) -> tuple[int, ...]:
    """Return the tokens that a model writes after a prompt, up to the first that ends a reply.

    Args:
        network: With the adapter attached.
        adapter: Its name there; None is the base.
        prompt: What it reads.
        stops: Tokens that end a reply; none of them is returned.
        limit: Most tokens.
        guess: What may come after the tokens written so far, which the model reads ahead; it changes how long this
            takes and nothing else.
    """
    cache = network.fresh_cache()
    # Sliding windows and recurrent states cannot take tokens back.
    plain = is_plain(cache)
    written: list[int] = []
    fed = list(prompt)
    while len(written) < limit:
        ahead = list(guess(written)[:_AHEAD]) if plain else []
        logits = network.logits([[*fed, *ahead]], [adapter], cache, last=1 + len(ahead))[0]
        chosen = _agreeing(logits, ahead)
        if len(chosen) <= len(ahead):
            # What was guessed wrong is as if it had never been read.
            cache.crop(len(chosen) - 1 - len(ahead))
        for token in chosen:
            if token in stops:
                return tuple(written)
            written.append(token)
        fed = chosen[-1:]
    return tuple(written[:limit])


def _agreeing(logits: NDArray[np.float32], guess: Sequence[int]) -> list[int]:
    """Return the likeliest tokens as far as the guess is right, and the one after that."""
    likeliest = [int(token) for token in logits.argmax(axis=-1)]
    right = next((at for at, token in enumerate(guess) if token != likeliest[at]), len(guess))
    return likeliest[: right + 1]
