"""Only finite vectors of the right size, scaled to length one, pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hybrid.errors import EmbeddingError
from hybrid_indexes.embedding import unit_rows

_components = st.floats(-1e3, 1e3, width=32).filter(lambda value: abs(value) > 1e-3)


@given(vectors=st.lists(arrays(np.float32, 4, elements=_components), max_size=5))
def test_rows_have_length_one_and_keep_their_direction(vectors):
    rows = unit_rows(vectors, dimension=4, model="tiny")
    assert rows.shape == (len(vectors), 4)
    assert rows.dtype == np.float32
    for row, vector in zip(rows, vectors, strict=True):
        assert np.allclose(row * np.linalg.norm(vector), vector, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_bad_number_is_refused_and_counted(bad):
    vectors = [np.ones(3, np.float32), np.array([1, bad, 0], np.float32), np.ones(3, np.float32)]
    with pytest.raises(EmbeddingError, match=r"1 of 3 vectors of embedding model 'tiny'.*another variant"):
        unit_rows(vectors, dimension=3, model="tiny")


def test_zero_vectors_are_refused_because_they_have_no_direction():
    with pytest.raises(EmbeddingError, match="2 of 2"):
        unit_rows([np.zeros(3, np.float32)] * 2, dimension=3, model="tiny")


def test_another_size_is_refused_with_both_sizes():
    with pytest.raises(EmbeddingError, match=r"1 of 2 vectors.*\(4,\) instead of \(3,\)"):
        unit_rows([np.ones(3, np.float32), np.ones(4, np.float32)], dimension=3, model="tiny")


def test_large_values_do_not_overflow():
    rows = unit_rows([np.full(3, 3e38, np.float32)], dimension=3, model="tiny")
    assert np.allclose(rows, 3**-0.5)
