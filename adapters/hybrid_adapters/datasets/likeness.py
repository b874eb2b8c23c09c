"""Pairs of questions that ask the same, found by MinHash (spelling) and by embedding (meaning)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid._plugins import load
from hybrid.errors import MissingExtraError
from hybrid_adapters.datasets.wording import Difference, Wording, difference, names_in

Vectors = NDArray[np.float32]
"""Unit vectors, one row each."""

Embed = Callable[[Sequence[str]], Vectors]
"""Makes the vectors of texts."""

_CLOSE = 0.72
_PERMUTATIONS = 64
_SPELT_ALIKE = 0.4
_MOST_PARTNERS = 40
_BLOCK = 1_024
_FEW = 2
_REPLACED = 0.75
_SAME_WORD = 0.55
_SAME_BY_MEANING = 0.92
_SAME_WITH_MORE = 0.96


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Two questions that ask nearly the same."""

    first: int
    """Place of the first one."""

    second: int
    """Place of the second one."""

    cosine: float
    """Cosine of their embeddings."""

    replaced: bool
    """Whether each has words that the other has not: a synonym perhaps, or another thing of the same kind."""


class Remembering:
    """Embeds each text once.

    Args:
        embed: Makes vectors.
    """

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, at least one."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, self._embed(new), strict=True)
        return np.stack([self._known[text] for text in texts])


class Questions:
    """Questions with what is computed of them once.

    Args:
        texts: The questions.
        embed: Makes their vectors.
    """

    def __init__(self, texts: Sequence[str], embed: Embed) -> None:
        self.wordings = [Wording(text) for text in texts]
        self.vectors: Vectors = embed(texts) if texts else np.zeros((0, 1), np.float32)


def alike(questions: Questions, embed: Embed) -> list[Likeness]:
    """Return the pairs of questions that ask the same, first before second."""
    pairs = {(min(pair), max(pair)) for pair in _candidates(questions, questions) if pair[0] != pair[1]}
    return _judged(questions, questions, sorted(pairs), embed)


def alike_between(questions: Questions, others: Questions, embed: Embed) -> list[Likeness]:
    """Return the pairs of a question and one of the others that ask the same."""
    return _judged(questions, others, sorted(set(_candidates(questions, others))), embed)


def _candidates(questions: Questions, others: Questions) -> Iterator[tuple[int, int]]:
    if not questions.wordings or not others.wordings:
        return
    yield from _close(questions.vectors, others.vectors)
    yield from _spelt_alike(questions.wordings, others.wordings)


def _close(first: Vectors, second: Vectors) -> Iterator[tuple[int, int]]:
    """Yield pairs with close vectors; of each question the nearest alone, so that one template makes no flood."""
    most = min(_MOST_PARTNERS, len(second))
    for start in range(0, len(first), _BLOCK):
        cosines = first[start : start + _BLOCK] @ second.T
        nearest = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        for row, places in enumerate(nearest):
            yield from ((start + row, int(place)) for place in places if cosines[row, place] >= _CLOSE)


def _spelt_alike(first: Sequence[Wording], second: Sequence[Wording]) -> Iterator[tuple[int, int]]:
    try:
        lsh, sketch = load("datasketch:MinHashLSH"), load("datasketch:MinHash")
    except ModuleNotFoundError:
        raise MissingExtraError(feature="checking rows", extra="data") from None
    index: Any = lsh(threshold=_SPELT_ALIKE, num_perm=_PERMUTATIONS)
    for place, hashed in enumerate(_hashed(second, sketch)):
        index.insert(place, hashed)
    for place, hashed in enumerate(_hashed(first, sketch)):
        found: list[int] = index.query(hashed)
        found.sort(key=lambda other: -_shared(first[place], second[other]))
        yield from ((place, other) for other in found[: _MOST_PARTNERS // 2])


def _hashed(wordings: Sequence[Wording], sketch: Any) -> list[Any]:
    pieces = [[piece.encode() for piece in wording.pieces] for wording in wordings]
    return list(sketch.bulk(pieces, num_perm=_PERMUTATIONS))


def _shared(first: Wording, second: Wording) -> float:
    return len(first.pieces & second.pieces) / len(first.pieces | second.pieces)


def _judged(questions: Questions, others: Questions, pairs: Sequence[tuple[int, int]], embed: Embed) -> list[Likeness]:
    names = names_in(dict.fromkeys((*questions.wordings, *others.wordings)))
    apart = {
        (first, second): found
        for first, second in pairs
        if not (found := difference(questions.wordings[first], others.wordings[second], names)).renamed
    }
    meanings = _Meanings(_to_embed(apart.values()), embed)
    return [
        Likeness(first=first, second=second, cosine=cosine, replaced=bool(found.first and found.second))
        for (first, second), found in apart.items()
        if _asks_the_same(found, cosine := meanings.cosine(*found.cores), meanings)
    ]


def _to_embed(differences: Iterable[Difference]) -> set[str]:
    return {text for apart in differences for text in (*apart.cores, *apart.first, *apart.second)}


def _asks_the_same(apart: Difference, cosine: float, meanings: _Meanings) -> bool:
    if apart.first and apart.second:
        replaced = cosine >= _REPLACED and apart.common >= _FEW and meanings.agree(apart)
        return (replaced and not apart.asks_otherwise) or cosine >= _SAME_BY_MEANING
    if apart.first or apart.second or apart.asks_otherwise or apart.common < _FEW:
        return cosine >= _SAME_WITH_MORE
    return True


class _Meanings:
    """Vectors of questions and of the words in which they differ.

    Args:
        texts: All that will be asked for.
        embed: Makes their vectors.
    """

    def __init__(self, texts: set[str], embed: Embed) -> None:
        ordered = sorted(texts)
        self._places = {text: place for place, text in enumerate(ordered)}
        self._vectors: Vectors = embed(ordered) if ordered else np.zeros((0, 1), np.float32)

    def cosine(self, first: str, second: str) -> float:
        """Return how alike two texts are."""
        return float(self._vectors[self._places[first]] @ self._vectors[self._places[second]])

    def agree(self, apart: Difference) -> bool:
        """Return whether each word of the side with fewer means one of the other side's."""
        few, many = sorted((apart.first, apart.second), key=len)
        return all(max(self.cosine(word, other) for other in many) >= _SAME_WORD for word in few)
