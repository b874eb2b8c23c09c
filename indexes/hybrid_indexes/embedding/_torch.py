"""A model as sentence-transformers runs it: the reference, and the way of models that cannot be converted."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from hybrid.errors import MissingExtraError
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
    """Return the model on the CPU, from safetensors, without remote code and without a network."""
    import torch
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(model.path),
        device="cpu",
        trust_remote_code=False,
        local_files_only=True,
        model_kwargs={"use_safetensors": True, "dtype": torch.bfloat16 if bfloat16 else torch.float32},
    ).eval()


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
        self.max_tokens: int = self._model.max_seq_length or 0

    def document(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that is to be found."""
        with self._lock:
            return self._model.encode_document(text, show_progress_bar=False)

    def query(self, text: str) -> NDArray[np.float32]:
        """Return ``(dimension,)`` for a text that asks."""
        with self._lock:
            return self._model.encode_query(text, show_progress_bar=False)
