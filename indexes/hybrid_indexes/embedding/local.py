"""An embedder that runs on this machine: one text per run, so that a vector depends on nothing but its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from hybrid_indexes.embedding._workers import Workers
from hybrid_indexes.embedding.vectors import unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hybrid.protocols import TokenBytes, TokenVectors, Vector, Vectors
    from hybrid_indexes.embedding._late import TokenProjection


class Encoder(Protocol):
    """Turns one text into one vector of any length; several threads may call it at once."""

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """Tokens of a text that count, the rest is cut off by the tokenizer; None where all count."""
        ...

    @property
    def threads(self) -> int:
        """How many texts are worth encoding at once."""
        ...

    def document(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that is to be found."""
        ...

    def query(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that asks."""
        ...


class LocalEmbedder:
    """Implements ``UrgentEmbedder`` over an encoder: bulk work gives way to who waits.

    Example:
        >>> from hybrid_indexes.embedding import load_embedder
        >>> load_embedder("minilm").embed_query("how do I get a refund?").shape  # doctest: +SKIP
        (384,)
    """

    def __init__(self, encoder: Encoder, *, model: str, digest: str, variant: str) -> None:
        """Serve an encoder.

        Args:
            encoder: What turns a text into a vector.
            model: Name as configured, for messages.
            digest: Hash (hex) of the model's files.
            variant: How the model is run: ``int8``, ``fp32``, ``torch-bf16`` or ``torch-fp32``.
        """
        self.model = model
        self.variant = variant
        self._digest = digest
        self._encoder = encoder
        self._workers = Workers(encoder.threads, give_way=True)
        self._urgent = Workers(encoder.threads, give_way=False)

    @property
    def fingerprint(self) -> str:
        """Hash of the model's files, variant and token limit; the model's name and place are no part of it."""
        return f"{self._digest[:16]}/{self.variant}/{self._encoder.max_tokens}"

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._encoder.dimension

    @property
    def max_tokens(self) -> int | None:
        """Tokens of a text that count; None where all do."""
        return self._encoder.max_tokens

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` float32 rows of length one.

        Raises:
            EmbeddingError: The model returned something that is not a finite vector of its size.
        """
        return self._embedded(texts, self._workers)

    def embed_urgent(self, texts: Sequence[str]) -> Vectors:
        """Do what ``embed_documents`` does for somebody who waits, ahead of bulk work.

        Raises:
            EmbeddingError: As for ``embed_documents``.
        """
        return self._embedded(texts, self._urgent)

    def _embedded(self, texts: Sequence[str], workers: Workers) -> Vectors:
        return unit_rows(workers.map(self._encoder.document, texts), dimension=self.dimension, model=self.model)

    def embed_query(self, text: str) -> Vector:
        """Return ``(dimension,)`` float32 of length one.

        Raises:
            EmbeddingError: The model returned something that is not a finite vector of its size.
        """
        return unit_rows([self._encoder.query(text)], dimension=self.dimension, model=self.model)[0]


class LateEncoder(Encoder, Protocol):
    """An encoder that also gives token vectors, out of the same run."""

    projection: TokenProjection | None
    """Makes token vectors storable."""

    def document_late(self, text: str) -> tuple[NDArray[np.float32], TokenBytes]:
        """Return vector and storable token vectors of a text that is to be found."""
        ...

    def query_late(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return vector and token vectors of a text that asks."""
        ...


class LateLocalEmbedder(LocalEmbedder):
    """A local embedder with token vectors: implements ``LateEmbedder``."""

    def __init__(self, encoder: LateEncoder, *, model: str, digest: str, variant: str) -> None:
        """Serve an encoder that has a projection."""
        super().__init__(encoder, model=model, digest=digest, variant=variant)
        self._late = encoder

    @property
    def fingerprint(self) -> str:
        """Also holds the projection: token vectors of different ones must not be compared."""
        assert self._late.projection is not None
        return f"{super().fingerprint}/late-{self._late.projection.digest}"

    def embed_documents_late(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenBytes]]:
        """Return ``(len(texts), dimension)`` rows of length one and each text's token vectors.

        Raises:
            EmbeddingError: The model returned something that is not a finite vector of its size.
        """
        found = self._workers.map(self._late.document_late, texts)
        rows = unit_rows([vector for vector, _ in found], dimension=self.dimension, model=self.model)
        return rows, [tokens for _, tokens in found]

    def embed_query_late(self, text: str) -> tuple[Vector, TokenVectors]:
        """Return ``(dimension,)`` of length one and ``(tokens, TOKEN_DIMENSION)`` rows of length one.

        Raises:
            EmbeddingError: The model returned something that is not a finite vector of its size.
        """
        vector, tokens = self._late.query_late(text)
        return unit_rows([vector], dimension=self.dimension, model=self.model)[0], tokens
