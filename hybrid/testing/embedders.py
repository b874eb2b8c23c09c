"""What every embedder must do, as tests to inherit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hybrid.protocols import Embedder

_TEXTS = (
    "Plans cost ten euros a month.",
    "Invoices are due within 14 days; after the second reminder the account becomes read-only. " * 40,
    "x",
    "Grüße aus Zürich — 東京 🚲 \u0301",
    "| a | b |\n| --- | --- |\n| 1 | 2 |",
)


class EmbedderContract:
    """Tests of the protocol ``Embedder``; inherit them and give a fixture ``embedder``.

    Example:
        >>> import pytest
        >>> from hybrid.testing.memory import HashingEmbedder
        >>> class TestHashingEmbedder(EmbedderContract):
        ...     @pytest.fixture
        ...     def embedder(self):
        ...         return HashingEmbedder()
    """

    def test_documents_are_float32_rows_of_length_one(self, embedder: Embedder) -> None:
        """Shape, type and length of what an index stores."""
        rows = embedder.embed_documents(_TEXTS)
        assert rows.shape == (len(_TEXTS), embedder.dimension)
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)

    def test_a_query_is_one_float32_vector_of_length_one(self, embedder: Embedder) -> None:
        """Shape, type and length of what an index is searched with."""
        vector = embedder.embed_query("what do plans cost?")
        assert vector.shape == (embedder.dimension,)
        assert vector.dtype == np.float32
        assert np.isclose(np.linalg.norm(vector), 1, atol=1e-5)

    def test_no_texts_give_no_rows(self, embedder: Embedder) -> None:
        """An empty batch keeps its second dimension."""
        assert embedder.embed_documents([]).shape == (0, embedder.dimension)

    def test_a_vector_depends_on_nothing_but_its_text(self, embedder: Embedder) -> None:
        """Alone, among others, in another order, from four threads: the same bits."""
        together = embedder.embed_documents(_TEXTS)
        backwards = embedder.embed_documents(_TEXTS[::-1])[::-1]
        alone = np.vstack([embedder.embed_documents([text]) for text in _TEXTS])
        with ThreadPoolExecutor(4) as threads:
            at_once = list(threads.map(embedder.embed_documents, [_TEXTS] * 4))
        for rows in (backwards, alone, *at_once):
            assert np.array_equal(rows, together)

    def test_a_query_depends_on_nothing_but_its_text(self, embedder: Embedder) -> None:
        """Asked again, and while documents are embedded: the same bits."""
        first = embedder.embed_query("what do plans cost?")
        with ThreadPoolExecutor(2) as threads:
            bulk = threads.submit(embedder.embed_documents, _TEXTS)
            meanwhile = embedder.embed_query("what do plans cost?")
            bulk.result()
        assert np.array_equal(first, meanwhile)

    def test_different_texts_get_different_vectors(self, embedder: Embedder) -> None:
        """A constant would pass every other test."""
        rows = embedder.embed_documents(_TEXTS)
        assert len({row.tobytes() for row in rows}) == len(_TEXTS)

    def test_fingerprint_is_stable(self, embedder: Embedder) -> None:
        """Using an embedder does not change what it is."""
        before = embedder.fingerprint
        embedder.embed_documents(_TEXTS[:1])
        assert before == embedder.fingerprint != ""
