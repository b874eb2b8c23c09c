"""The adapter's files: low-rank weights, and the manifest that binds them to one base."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from hybrid.errors import ModelFilesError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[np.float32]]

SHIPPED = Path(__file__).parent / "weights"
WEIGHTS = "adapter_model.safetensors"
MANIFEST = "manifest.json"

_PREFIX = "base_model.model."
_HEAD = "head."


class Manifest(BaseModel):
    """What an adapter is, what it fits, how it was made and what it is worth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Name and version, such as ``evidence-ranker@1``."""

    base: str
    """Name of the base model."""

    base_sha256: str
    """SHA-256 (hex) of the base's weights and tokenizer."""

    weights_sha256: str
    """SHA-256 (hex) of the adapter's file."""

    alpha: float
    """The low-rank product is scaled by ``alpha / rank``."""

    max_tokens: int
    """Tokens of a pair that count."""

    data: Mapping[str, int]
    """Questions by source that it was trained on."""

    recipe: Mapping[str, float | str]
    """Settings of the training, seed included, and versions of its libraries."""

    scores: Mapping[str, float]
    """Held-out figures."""


def read_manifest(folder: Path, *, base_sha256: str) -> Manifest:
    """Return the manifest after checking the adapter's file and the base against it.

    Raises:
        ModelFilesError: The folder holds no adapter, its weights were changed, or it was made for another base.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
        found = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    except (OSError, ValidationError) as error:
        raise ModelFilesError(
            f"{str(folder)!r} holds no evidence ranker ({type(error).__name__}); install the package again"
        ) from None
    if found != manifest.weights_sha256:
        raise ModelFilesError(
            f"the weights of {manifest.name!r} have SHA-256 {found[:12]}, its manifest says "
            f"{manifest.weights_sha256[:12]}; they were changed: install the package again, or train anew"
        )
    if base_sha256 != manifest.base_sha256:
        raise ModelFilesError(
            f"{manifest.name!r} was trained on {manifest.base} with SHA-256 {manifest.base_sha256[:12]}, installed is "
            f"{base_sha256[:12]}; install that version of the base, or train the ranker on this one"
        )
    return manifest


def merged(base: Tensors, folder: Path, *, alpha: float) -> dict[str, NDArray[np.float32]]:
    """Return the base's weights with the low-rank products added, and the head's.

    Raises:
        ModelFilesError: The adapter changes a tensor that the base does not have.
    """
    import numpy as np
    from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

    adapter = {name: array.astype(np.float32) for name, array in load_file(folder / WEIGHTS).items()}
    weights = dict(base)
    for name, down in adapter.items():
        if name.startswith(_HEAD):
            weights[name] = down
        elif name.endswith(".lora_A.weight"):
            target = name.removeprefix(_PREFIX).replace(".lora_A.", ".")
            if target not in weights:
                raise ModelFilesError(
                    f"the evidence ranker changes {target!r}, which its base does not have; reinstall"
                )
            up = adapter[name.replace(".lora_A.", ".lora_B.")]
            change = (alpha / len(down)) * (up @ down)
            weights[target] = (weights[target] + change).astype(np.float32)
    return weights
