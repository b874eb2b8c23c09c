"""How well each unit of evidence answers a question, and how well the best of them does."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hybrid.types import Evidence

if TYPE_CHECKING:
    from hybrid.protocols import Vectors

Embed = Callable[[Sequence[str]], "Vectors"]
"""Turns texts into rows of length one."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "may",
        "me",
        "my",
        "no",
        "not",
        "of",
        "on",
        "or",
        "our",
        "so",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)


@dataclass(frozen=True, kw_only=True)
class ScoredUnit:
    """A unit with what speaks for it."""

    evidence: Evidence
    """The unit."""

    cosine: float
    """Similarity of meaning to the question, in [-1, 1]."""

    coverage: float
    """Share of the question's rarer words that the unit and its headings hold, in [0, 1]."""

    @property
    def score(self) -> float:
        """What orders the units."""
        return self.cosine + 0.5 * self.coverage


def score_units(question: str, units: Sequence[Evidence], embed: Embed) -> list[ScoredUnit]:
    """Return the units with their scores, best first, ties in the order given."""
    if not units:
        return []
    vectors = embed([question, *(unit.text for unit in units)])
    cosines = (vectors[1:] @ vectors[0]).tolist()
    weights = _weights(question, units)
    total = sum(weights.values()) or 1.0
    scored = [
        ScoredUnit(
            evidence=unit,
            cosine=cosine,
            coverage=sum(weights[word] for word in weights.keys() & words(context_of(unit))) / total,
        )
        for unit, cosine in zip(units, cosines, strict=True)
    ]
    return sorted(scored, key=lambda unit: -unit.score)


def context_of(unit: Evidence) -> str:
    """Return the unit's text with the headings it stands under."""
    return " ".join((unit.passage.title, *unit.passage.heading_path, unit.text))


def words(text: str) -> set[str]:
    """Return the content words of a text, cut to a common stem's length."""
    return {_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP}


def _weights(question: str, units: Sequence[Evidence]) -> dict[str, float]:
    """Return a weight for each of the question's words: rarer among the units means heavier."""
    asked = words(question)
    held = [words(unit.text) for unit in units]
    return {word: math.log(1 + len(units) / (0.5 + sum(word in each for each in held))) for word in asked}


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
