"""How near a text comes to another in its words: ROUGE, equal to the figures of Google's rouge-score."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Rouge:
    """F-measures in [0, 1] (Lin 2004, https://aclanthology.org/W04-1013/)."""

    one: float
    """ROUGE-1: single words in common."""

    two: float
    """ROUGE-2: pairs of words in common."""

    longest: float
    """ROUGE-L: the longest sequence of words that both have in order."""


def rouge(text: str, reference: str) -> Rouge:
    """Return how near a text comes to a reference; words are runs of ASCII letters and digits, in small letters.

    Example:
        >>> round(rouge("Refunds take five days.", "A refund takes five days").longest, 3)
        0.444
    """
    words, wanted = _words(text), _words(reference)
    return Rouge(
        one=_overlap(words, wanted, 1),
        two=_overlap(words, wanted, 2),
        longest=_f_measure(_common(words, wanted), len(words), len(wanted)),
    )


def _words(text: str) -> list[str]:
    return _NOT_A_WORD.sub(" ", text.lower()).split()


def _overlap(words: Sequence[str], wanted: Sequence[str], length: int) -> float:
    one, other = _runs(words, length), _runs(wanted, length)
    return _f_measure((one & other).total(), one.total(), other.total())


def _runs(words: Sequence[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + length]) for at in range(len(words) - length + 1))


def _f_measure(hits: int, found: int, wanted: int) -> float:
    # Nothing found and nothing wanted is 0 there too.
    return 2 * hits / (found + wanted) if hits else 0.0


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    lengths = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for at, each in enumerate(other, start=1):
            above = lengths[at]
            lengths[at] = diagonal + 1 if word == each else max(above, lengths[at - 1])
            diagonal = above
    return lengths[-1]
