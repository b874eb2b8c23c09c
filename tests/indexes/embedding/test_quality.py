"""Variants are chosen by what was measured, not by their names."""

import numpy as np
import pytest

from hybrid.testing.memory import HashingEmbedder
from hybrid_indexes.embedding._quality import Original, VariantFigures, fastest, measure


class Turned:
    """Another embedder's vectors, each turned in a direction of its own."""

    def __init__(self, strength):
        self._inner = HashingEmbedder()
        self._strength = strength
        self.fingerprint, self.dimension = "turned", self._inner.dimension

    def embed_query(self, text):
        noise = np.random.default_rng(len(text)).normal(size=self.dimension)
        vector = self._inner.embed_query(text) + self._strength * noise / np.linalg.norm(noise)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def embed_documents(self, texts):
        return np.stack([self.embed_query(text) for text in texts])


@pytest.fixture
def original():
    return Original(HashingEmbedder())


def figures(variant, *, cosine=1.0, order=1.0, speed=1.0):
    return VariantFigures(
        variant=variant, mean_cosine=cosine, min_cosine=cosine, order_agreement=order, texts_per_second=speed
    )


def test_the_same_vectors_pass_with_full_marks(original):
    found = measure(HashingEmbedder(), "same", original)
    assert found.passes
    assert found.order_agreement == 1
    assert found.min_cosine == pytest.approx(1)
    assert found.texts_per_second > 0


def test_turned_vectors_fail_but_are_still_this_model(original):
    found = measure(Turned(0.3), "turned", original)
    assert 0.9 < found.mean_cosine < 0.99
    assert not found.passes


def test_other_vectors_are_not_this_model(original):
    assert not measure(Turned(3.0), "other", original).is_sound


def test_the_fastest_that_passes_is_chosen():
    slow, fast, rough = figures("slow"), figures("fast", speed=2), figures("rough", cosine=0.95, speed=9)
    assert fastest([slow, fast, rough]) == fast
    assert fastest([rough, figures("disordered", order=0.9, speed=9)]) is None
