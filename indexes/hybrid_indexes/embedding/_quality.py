"""How close a variant's vectors are to the original's, how fast it is, and which variant is chosen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from hybrid_indexes.embedding._sample import PASSAGES, QUESTIONS

if TYPE_CHECKING:
    from hybrid.protocols import Embedder, Vectors

_MEAN_COSINE = 0.99
_MIN_COSINE = 0.98
_NEIGHBOURS = 10
_NEIGHBOUR_AGREEMENT = 0.9
_SOUND_COSINE = 0.9
_ROUNDS = 2


class VariantFigures(BaseModel):
    """What was measured of one variant, against the original in 32 bits."""

    model_config = ConfigDict(frozen=True)

    variant: str
    """``int8``, ``fp32``, ``torch-bf16`` or ``torch-fp32``."""

    mean_cosine: float
    """Mean cosine similarity of a text's vector to the original's."""

    min_cosine: float
    """The lowest one."""

    neighbour_agreement: float
    """Share of each question's ten nearest passages that are the original's ten nearest."""

    texts_per_second: float
    """Documents embedded per second, best of two rounds over the built-in passages."""

    @property
    def is_sound(self) -> bool:
        """Whether these are the model's vectors at all, rather than those of a conversion gone wrong."""
        return self.min_cosine >= _SOUND_COSINE

    @property
    def passes(self) -> bool:
        """Whether the vectors are close enough to be chosen without anybody asking for them."""
        return (
            self.mean_cosine >= _MEAN_COSINE
            and self.min_cosine >= _MIN_COSINE
            and self.neighbour_agreement >= _NEIGHBOUR_AGREEMENT
        )


class Measurement(BaseModel):
    """Why a variant was chosen on this machine; stored beside the converted model."""

    model_config = ConfigDict(frozen=True)

    model: str
    """Name as configured when it was measured."""

    chosen: str
    """The fastest variant that passes."""

    variants: tuple[VariantFigures, ...]
    """All that were measured."""

    texts: int = len(QUESTIONS) + len(PASSAGES)
    """Number of built-in texts compared."""


class Original:
    """The vectors of the built-in texts as the model in 32 bits gives them."""

    def __init__(self, reference: Embedder) -> None:
        """Embed the built-in texts."""
        self.questions = _questions(reference)
        self.passages = reference.embed_documents(PASSAGES)


def measure(embedder: Embedder, variant: str, original: Original) -> VariantFigures:
    """Compare a variant with the original on the built-in texts, and time it."""
    embedder.embed_documents(PASSAGES[:2])
    seconds = float("inf")
    passages = np.empty(0, dtype=np.float32)
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        passages = embedder.embed_documents(PASSAGES)
        seconds = min(seconds, time.perf_counter() - start)
    questions = _questions(embedder)
    cosines = (np.vstack([questions, passages]) * np.vstack([original.questions, original.passages])).sum(axis=1)
    return VariantFigures(
        variant=variant,
        mean_cosine=float(cosines.mean()),
        min_cosine=float(cosines.min()),
        neighbour_agreement=_agreement(questions @ passages.T, original.questions @ original.passages.T),
        texts_per_second=len(PASSAGES) / seconds,
    )


def fastest(figures: list[VariantFigures]) -> VariantFigures | None:
    """Return the fastest variant that passes, or None."""
    return max((found for found in figures if found.passes), key=lambda found: found.texts_per_second, default=None)


def _questions(embedder: Embedder) -> Vectors:
    return np.stack([embedder.embed_query(question) for question in QUESTIONS])


def _agreement(scores: Vectors, original: Vectors) -> float:
    nearest, wanted = (np.argsort(-table, axis=1, kind="stable")[:, :_NEIGHBOURS] for table in (scores, original))
    shared = [np.intersect1d(*pair).size for pair in zip(nearest, wanted, strict=True)]
    return float(np.mean(shared) / _NEIGHBOURS)
