"""A converted model, run by onnxruntime: needs neither torch nor transformers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from hybrid._onnx import available_cpus, open_session, open_tokenizer
from hybrid.errors import EmbeddingError
from hybrid_indexes.embedding._late import TokenProjection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hybrid.protocols import TokenBytes

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
SETTINGS = "settings.json"
PROJECTION = "projection.npy"


class OnnxSettings(BaseModel):
    """What belongs to a converted model beside its graph; stored as ``settings.json``."""

    model_config = ConfigDict(frozen=True)

    dimension: int
    """Length of each vector."""

    max_tokens: int
    """Tokens of a text that count, special tokens included."""

    pooling: Literal["mean", "cls"]
    """How token vectors become one: their mean, or the first."""

    query_prompt: str
    """Put before a text that asks."""

    document_prompt: str
    """Put before a text that is to be found."""


class OnnxEncoder:
    """Runs one text at a time, at its exact length: no padding, no mask, and no neighbour that could shift a scale."""

    def __init__(self, folder: Path) -> None:
        """Load a converted model.

        Raises:
            EmbeddingError: The folder does not hold what the conversion writes.
        """
        try:
            self._settings = OnnxSettings.model_validate_json((folder / SETTINGS).read_bytes())
            self._tokenizer = open_tokenizer(folder / TOKENIZER, max_tokens=self._settings.max_tokens)
            self._session = open_session(folder / MODEL)
            self.projection = _projection(folder / PROJECTION)
            """Makes token vectors storable; None before the conversion has fitted it."""
        except Exception as error:
            raise EmbeddingError(
                f"the converted embedding model under {str(folder)!r} cannot be loaded ({type(error).__name__}); "
                "delete that folder and it is made again."
            ) from error

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._settings.dimension

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that count."""
        return self._settings.max_tokens

    @property
    def threads(self) -> int:
        """One for each CPU: every run uses only the thread that calls it."""
        return available_cpus()

    def document(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that is to be found."""
        return self._pooled(self.document_tokens(text))

    def query(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that asks."""
        return self._pooled(self._tokens(self._settings.query_prompt + text))

    def document_tokens(self, text: str) -> NDArray[np.float32]:
        """Return ``(tokens, dimension)`` for a text that is to be found, special tokens included."""
        return self._tokens(self._settings.document_prompt + text)

    def document_late(self, text: str) -> tuple[NDArray[np.float32], TokenBytes]:
        """Return the vector of a text that is to be found and its storable token vectors, out of one run."""
        assert self.projection is not None
        tokens = self.document_tokens(text)
        return self._pooled(tokens), self.projection.document(tokens)

    def query_late(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the vector of a text that asks and its token vectors, out of one run."""
        assert self.projection is not None
        tokens = self._tokens(self._settings.query_prompt + text)
        return self._pooled(tokens), self.projection.query(tokens)

    def _tokens(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        return self._session.run(None, {"input_ids": ids})[0][0]

    def _pooled(self, tokens: NDArray[np.float32]) -> NDArray[np.float32]:
        return tokens.mean(axis=0) if self._settings.pooling == "mean" else tokens[0]


def _projection(path: Path) -> TokenProjection | None:
    return TokenProjection(np.load(path, allow_pickle=False)) if path.is_file() else None
