"""How close a variant's vectors are to the original's, how fast it is, and which variant is chosen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from hybrid._onnx import available_cpus
from hybrid_indexes.embedding._sample import PASSAGES, QUESTIONS

if TYPE_CHECKING:
    from hybrid.protocols import Embedder, Vectors

_MEAN_COSINE = 0.99
_MIN_COSINE = 0.98
_ORDER_AGREEMENT = 0.95
_SOUND_COSINE = 0.9
_ROUNDS = 3
_LONG_TEXTS = [" ".join(PASSAGES[start : start + 4]) for start in range(0, len(PASSAGES), 4)]


class VariantFigures(BaseModel):
    """What was measured of one variant, against the original in 32 bits."""

    model_config = ConfigDict(frozen=True)

    variant: str
    """``int8``, ``fp32``, ``torch-bf16`` or ``torch-fp32``."""

    mean_cosine: float
    """Mean cosine similarity of a text's vector to the original's."""

    min_cosine: float
    """The lowest one."""

    order_agreement: float
    """Share of all pairs of passages that the questions put in the same order of nearness as the original does."""

    texts_per_second: float
    """Texts of full length that all CPUs would embed per second if nothing else ran on them."""

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
            and self.order_agreement >= _ORDER_AGREEMENT
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
    questions, passages = _questions(embedder), embedder.embed_documents(PASSAGES)
    cosines = (np.vstack([questions, passages]) * np.vstack([original.questions, original.passages])).sum(axis=1)
    return VariantFigures(
        variant=variant,
        mean_cosine=float(cosines.mean()),
        min_cosine=float(cosines.min()),
        order_agreement=_agreement(questions @ passages.T, original.questions @ original.passages.T),
        texts_per_second=_speed(embedder),
    )


def fastest(figures: list[VariantFigures]) -> VariantFigures | None:
    """Return the fastest variant that passes, or None."""
    return max((found for found in figures if found.passes), key=lambda found: found.texts_per_second, default=None)


def _questions(embedder: Embedder) -> Vectors:
    return np.stack([embedder.embed_query(question) for question in QUESTIONS])


def _speed(embedder: Embedder) -> float:
    """Return texts per second from the CPU time taken, which other processes on the machine disturb least."""
    seconds: list[float] = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        embedder.embed_documents(_LONG_TEXTS)
        seconds.append(time.process_time() - start)
    return len(_LONG_TEXTS) * available_cpus() / min(seconds)


def _agreement(scores: Vectors, original: Vectors) -> float:
    """Return the share of concordant pairs; both tables are ``(questions, passages)``."""
    left, right = np.triu_indices(scores.shape[1], k=1)
    orders = (np.sign(table[:, left] - table[:, right]) for table in (scores, original))
    return float(np.mean(np.equal(*orders)))
