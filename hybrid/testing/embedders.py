"""What every embedder must do, as tests to inherit, and a deterministic embedder that needs no model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

if TYPE_CHECKING:
    from hybrid.protocols import Embedder, Vector, Vectors

_TEXTS = (
    "Plans cost ten euros a month.",
    "Invoices are due within 14 days; after the second reminder the account becomes read-only. " * 40,
    "x",
    "Grüße aus Zürich — 東京 🚲 \u0301",
    "| a | b |\n| --- | --- |\n| 1 | 2 |",
)
_WORD = re.compile(r"\w+")


class EmbedderContract:
    """Tests of the protocol ``Embedder``; inherit them and give a fixture ``embedder``.

    Example:
        >>> class TestHashedWords(EmbedderContract):
        ...     @pytest.fixture
        ...     def embedder(self):
        ...         return HashedWordsEmbedder()
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


class HashedWordsEmbedder:
    """Implements ``Embedder`` by counting words into buckets: shared words make texts similar.

    Example:
        >>> embedder = HashedWordsEmbedder()
        >>> embedder.embed_documents(["plans cost ten euros"]).shape, embedder.documents_embedded
        ((1, 64), 1)
    """

    def __init__(self, *, dimension: int = 64, name: str = "hashed-words") -> None:
        """Make an embedder; another name is another fingerprint."""
        self._dimension = dimension
        self._name = name
        self._embedded: list[str] = []

    @property
    def fingerprint(self) -> str:
        """Name and dimension."""
        return f"{self._name}/{self._dimension}"

    @property
    def dimension(self) -> int:
        """Number of buckets."""
        return self._dimension

    @property
    def documents_embedded(self) -> int:
        """How many document texts were embedded so far, to prove that something cost none."""
        return len(self._embedded)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` rows of length one."""
        self._embedded.extend(texts)
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32).reshape(-1, self._dimension)

    def embed_query(self, text: str) -> Vector:
        """Return ``(dimension,)`` of length one."""
        counts = np.zeros(self._dimension, dtype=np.float32)
        for word in _WORD.findall(text.lower()) or [text]:
            counts[crc32(word.encode("utf-8", "surrogatepass")) % self._dimension] += 1
        return counts / np.float32(np.linalg.norm(counts))
