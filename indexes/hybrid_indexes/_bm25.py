"""BM25 as sparse vectors whose scores depend on nothing but readable documents.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), in two halves: the index holds
each chunk's saturated term frequency with a constant expected length (a corpus average would tell of hidden
documents), and the query carries the inverse document frequency over the asking principal's own documents.

Both halves are rounded to multiples of 1/64, so that every product and sum is exact in single precision and a score
does not depend on the order in which an engine happens to add, which hidden documents could change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import log
from typing import TYPE_CHECKING

from hybrid.protocols import SparseVector

if TYPE_CHECKING:
    from qdrant_edge import Bm25

_SATURATION = 1.2
_LENGTH_WEIGHT = 0.5
_EXPECTED_TOKENS = 150
_STEPS = 64
# 64 terms of at most 2.2 x 14 in steps of 1/4096 stay below 2**24, the last exact integer of single precision.
_MAX_QUERY_TERMS = 64


class Bm25Encoder:
    """Turns text into term weights by the engine's own tokenizer and stemmer, the same for both executors."""

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get other weights."""
        return f"bm25-english-k{_SATURATION}-b{_LENGTH_WEIGHT}-len{_EXPECTED_TOKENS}-steps{_STEPS}"

    def document(self, text: str) -> SparseVector:
        """Return the saturated term frequencies of an indexed text."""
        found = self._engine.embed_document(text)
        terms = sorted(zip(found.indices, found.values, strict=True))
        return SparseVector(
            indices=tuple(term for term, _ in terms), values=tuple(_rounded(weight) for _, weight in terms)
        )

    def query(self, text: str) -> tuple[int, ...]:
        """Return the distinct terms of a question."""
        return tuple(sorted(self._engine.embed_query(text).indices))

    @cached_property
    def _engine(self) -> Bm25:
        from qdrant_edge import Bm25, Bm25Config

        return Bm25(Bm25Config(k=_SATURATION, b=_LENGTH_WEIGHT, avg_len=_EXPECTED_TOKENS, language="english"))


def query_weights(terms: Sequence[int], frequencies: Mapping[int, int], chunks: int) -> SparseVector:
    """Return the inverse document frequency of each term that occurs, over the principal's own chunks.

    Args:
        terms: Distinct terms of the question.
        frequencies: In how many readable chunks each term occurs.
        chunks: Number of readable chunks.

    Example:
        >>> query_weights([7, 9], {7: 1}, 3)
        SparseVector(indices=(7,), values=(0.984375,))
    """
    weights = {term: _idf(frequencies[term], chunks) for term in terms if frequencies.get(term)}
    strongest = sorted(weights, key=lambda term: (-weights[term], term))[:_MAX_QUERY_TERMS]
    return SparseVector(indices=tuple(strongest), values=tuple(weights[term] for term in strongest))


def _idf(frequency: int, chunks: int) -> float:
    return _rounded(log(1 + (chunks - frequency + 0.5) / (frequency + 0.5)))


def _rounded(weight: float) -> float:
    return max(1, round(weight * _STEPS)) / _STEPS
