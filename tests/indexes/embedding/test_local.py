"""The embedder over an encoder: contract, priorities, refusals."""

import os
import sys
import threading

import numpy as np
import pytest

from hybrid.errors import EmbeddingError
from hybrid.testing.embedders import EmbedderContract
from hybrid.testing.memory import HashingEmbedder
from hybrid_indexes.embedding import LocalEmbedder, load_embedder


class HashedWordsEncoder:
    """Encodes by counting words; remembers the niceness of the threads that called it."""

    dimension = 64
    max_tokens = None
    threads = 2

    def __init__(self, broken: str = ""):
        self.niceness = {}
        self._broken = broken
        self._words = HashingEmbedder()

    def document(self, text):
        self._remember("document")
        return np.full(64, np.nan) if text == self._broken else self._words.embed_query(text) * 3

    def query(self, text):
        self._remember("query")
        return self._words.embed_query(text) * 3

    def _remember(self, kind):
        if sys.platform == "linux":
            self.niceness[kind] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def local_embedder(encoder, *, digest="0123456789abcdef" * 4, variant="fp32"):
    return LocalEmbedder(encoder, model="words", digest=digest, variant=variant)


class TestHashingEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        return HashingEmbedder()


class TestOverAnEncoder(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        return local_embedder(HashedWordsEncoder())


@pytest.fixture(scope="module")
def minilm():
    return load_embedder("minilm")


class TestMinilm(EmbedderContract):
    @pytest.fixture
    def embedder(self, minilm):
        return minilm


def test_minilm_puts_an_answer_nearest_to_its_question(minilm):
    answers = ["Refunds arrive within five days.", "The pump needs new seals.", "Photosynthesis depends on light."]
    scores = minilm.embed_documents(answers) @ minilm.embed_query("when do I get my money back?")
    assert scores.argmax() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives each thread a niceness")
def test_bulk_work_gives_way_and_queries_do_not():
    encoder = HashedWordsEncoder()
    embedder = local_embedder(encoder)
    embedder.embed_documents(["plans"])
    embedder.embed_query("plans")
    here = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert encoder.niceness == {"document": min(here + 10, 19), "query": here}


def test_a_broken_vector_stops_its_batch():
    with pytest.raises(EmbeddingError, match="1 of 3"):
        local_embedder(HashedWordsEncoder(broken="b")).embed_documents(["a", "b", "c"])


def test_fingerprint_changes_with_weights_variant_and_limit():
    longer = HashedWordsEncoder()
    longer.max_tokens = 512
    embedders = [
        local_embedder(HashedWordsEncoder()),
        local_embedder(HashedWordsEncoder(), variant="int8"),
        local_embedder(HashedWordsEncoder(), digest="f" * 64),
        local_embedder(longer),
    ]
    assert len({embedder.fingerprint for embedder in embedders}) == 4
