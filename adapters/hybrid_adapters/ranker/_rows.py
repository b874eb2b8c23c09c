"""What the ranker learns from: a question, texts that answer it, and texts that look as if they did."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hybrid.evidence.words import words

_COMMON = 0.3
_LENGTH = 5.0
_WORDS = 48


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question with its candidates."""

    question: str
    """What is asked."""

    answers: tuple[str, ...]
    """Texts of which at least one answers; empty where nothing does."""

    others: tuple[str, ...]
    """Texts that do not answer."""

    source: str
    """Where it comes from."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All candidates, answers first."""
        return self.answers + self.others

    def unanswered(self) -> Row:
        """Return the row as if its answers could not be found."""
        return replace(self, answers=())


class Neighbours:
    """Finds the texts that share the rarest words with a question: the hard negatives.

    Args:
        texts: Where to look.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._held = [words(text) for text in texts]
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, held in enumerate(self._held):
            for word in held:
                self._places[word].append(place)

    def nearest(self, question: str, *, limit: int, without: Iterable[int] = ()) -> list[int]:
        """Return places of texts, nearest first, none of ``without``; ties in the order of the texts."""
        scores: Counter[int] = Counter()
        for word in sorted(words(question)):
            places = self._places.get(word, ())
            if len(places) < max(2, _COMMON * len(self._held)):
                for place in places:
                    weight = math.log(1 + len(self._held) / len(places))
                    scores[place] += weight / (_LENGTH + math.sqrt(len(self._held[place])))  # type: ignore[assignment]
        for place in without:
            del scores[place]
        return heapq.nsmallest(limit, scores, key=lambda place: (-scores[place], place))


def shortened(text: str) -> str:
    """Return the first words of a text, so that a row costs little."""
    return " ".join(text.split()[:_WORDS])
