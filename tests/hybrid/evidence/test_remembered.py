import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hybrid.evidence.remembered import RememberedVectors
from hybrid.testing.memory import HashingEmbedder

TEXTS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6)


@given(st.lists(TEXTS, max_size=8), st.integers(min_value=0, max_value=4))
def test_remembered_or_not_the_vectors_are_the_same(batches, capacity):
    embedder = HashingEmbedder()
    remembered = RememberedVectors(embedder.embed_documents, capacity=capacity)
    for texts in batches:
        assert np.array_equal(remembered(texts), embedder.embed_documents(texts))


def test_no_text_is_embedded_twice_while_it_is_remembered():
    embedder = HashingEmbedder()
    remembered = RememberedVectors(embedder.embed_documents, capacity=2)
    remembered(["a", "b", "a"])
    assert embedder.embedded == 2
    remembered(["a"])
    assert embedder.embedded == 2
    remembered(["c"])  # pushes out b, which was used before a
    remembered(["a"])
    assert embedder.embedded == 3
    remembered(["b"])
    assert embedder.embedded == 4
