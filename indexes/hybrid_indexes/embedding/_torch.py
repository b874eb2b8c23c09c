"""A model as sentence-transformers runs it: the reference, and the way of models that cannot be converted."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from hybrid.errors import ConfigError, MissingExtraError
from hybrid_indexes.embedding._models import ModelFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEEDED = ("torch", "transformers", "sentence_transformers", "onnx")


def require_torch(model: ModelFolder) -> None:
    """Refuse early where the packages that load or convert a model are absent.

    Raises:
        MissingExtraError: The message names the extra.
    """
    if any(find_spec(package) is None for package in _NEEDED):
        raise MissingExtraError(feature=f"the embedding model {model.name!r}", extra=model.extra)


def load_sentence_transformer(model: ModelFolder, *, bfloat16: bool = False) -> Any:
    """Return the model on the CPU, from safetensors, without remote code and without a network.

    Raises:
        ConfigError: Its files do not make a model, or only together with code of their own.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    try:
        with _no_progress_bar():
            return SentenceTransformer(
                str(model.path),
                device="cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True, "dtype": torch.bfloat16 if bfloat16 else torch.float32},
            ).eval()
    except Exception as error:  # each library below has its own way to say that a file is not as it should be
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"embedding model {model.name!r} cannot be loaded: {reason}") from error


class TorchEncoder:
    """Runs one text at a time through sentence-transformers, which applies the model's own prompts."""

    threads = 1
    """Torch itself spreads one text over the CPUs."""

    def __init__(self, sentence_transformer: Any) -> None:
        """Serve a loaded model."""
        self._model = sentence_transformer
        # Tokenizers of transformers raise "Already borrowed" when two threads set their truncation at once.
        self._lock = threading.Lock()
        self.dimension: int = self._model.get_embedding_dimension()
        limit = self._model.max_seq_length
        self.max_tokens: int | None = limit if isinstance(limit, int) else None

    def document(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that is to be found."""
        with self._lock:
            return self._model.encode_document(text, show_progress_bar=False)

    def query(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that asks."""
        with self._lock:
            return self._model.encode_query(text, show_progress_bar=False)


@contextmanager
def _no_progress_bar() -> Generator[None]:
    from transformers.utils import logging

    enabled = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if enabled:
            logging.enable_progress_bar()
