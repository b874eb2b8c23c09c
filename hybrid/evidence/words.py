"""Content words of a question and what each weighs among the texts at hand."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ENDINGS = ("ing", "ed", "es", "s")
_SHORTEST_STEM = 3
_STOP_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i if in into is it its just may me my
no not of on or our so than that the their them then there they this to us was we were what when where which who whom
whose why will with would you your
"""
_STOP = frozenset(_STOP_WORDS.split())


def words(text: str) -> frozenset[str]:
    """Return the content words of a text, cut to a common stem's length.

    Example:
        >>> sorted(words("How are refunds refunded?"))
        ['refund']
    """
    return frozenset(word_sequence(text))


def word_sequence(text: str) -> list[str]:
    """Return the content words of a text in order, cut to a common stem's length."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP]


def word_weights(asked: AbstractSet[str], texts: Sequence[AbstractSet[str]]) -> dict[str, float]:
    """Return a weight for each word asked: in fewer of the texts means heavier."""
    return {word: math.log(1 + len(texts) / (0.5 + sum(word in text for text in texts))) for word in asked}


def coverage(held: AbstractSet[str], weights: Mapping[str, float]) -> float:
    """Return the share of the weights that a text holds, in [0, 1]."""
    total = math.fsum(weights.values())
    return math.fsum(weights[word] for word in weights.keys() & held) / total if total else 0.0


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word
