"""The ranker's adapter: bound by a manifest like a voice, read once, and added to the base's weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.errors import ModelFilesError
from hybrid_adapters.ranker._base import BASE, TOKENIZER
from hybrid_adapters.registry.files import AdapterFiles, bound_files
from hybrid_adapters.registry.fit import Fit, base_digest, check_fit, file_digest
from hybrid_adapters.registry.manifest import BoundBase, Manifest, read_manifest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensors = Mapping[str, NDArray[np.float32]]

SHIPPED = Path(__file__).parent / "weights"

ALPHA = "lora_alpha"
MAX_TOKENS = "max_tokens"

_PREFIX = "base_model.model."
_HEAD = "head."


@dataclass(frozen=True, kw_only=True)
class RankerAdapter:
    """An adapter whose files and base are those of its manifest."""

    manifest: Manifest
    """What it fits, how it was made and what it is worth."""

    files: AdapterFiles
    """Settings and tensors."""

    alpha: float
    """The low-rank product is scaled by ``alpha / rank``."""

    max_tokens: int
    """Tokens of a pair that count."""


def read_adapter(folder: Path, base: Path) -> RankerAdapter:
    """Return the adapter of a folder after checking its files and the base against its manifest.

    Raises:
        ModelFilesError: The folder holds no ranker, its files were changed, or it was made for another base.
    """
    manifest = read_manifest(folder)
    files = bound_files(folder, manifest)
    alpha, max_tokens = files.settings.get(ALPHA), files.settings.get(MAX_TOKENS)
    if manifest.kind != "ranker" or alpha is None or max_tokens is None:
        raise ModelFilesError(f"{str(folder)!r} holds a {manifest.kind} and no evidence ranker; name another folder")
    check_fit(manifest, fit_of(base))
    return RankerAdapter(manifest=manifest, files=files, alpha=float(alpha), max_tokens=int(max_tokens))


def fit_of(base: Path) -> Fit:
    """Return what the installed base is, in the terms of a manifest."""
    bound = BoundBase(name=BASE, weights_sha256=base_digest(base), quantization="fp32")
    return Fit(base=bound, tokenizer_sha256=file_digest(base / TOKENIZER))


def merged(base: Tensors, adapter: RankerAdapter) -> dict[str, NDArray[np.float32]]:
    """Return the base's weights with the low-rank products added, and the head's.

    Raises:
        ModelFilesError: The adapter changes a tensor that the base does not have.
    """
    import numpy as np
    from safetensors.numpy import load  # pyright: ignore[reportUnknownVariableType]

    tensors = {name: array.astype(np.float32) for name, array in load(adapter.files.weights).items()}
    weights = dict(base)
    for name, down in tensors.items():
        if name.startswith(_HEAD):
            weights[name] = down
        elif name.endswith(".lora_A.weight"):
            target = name.removeprefix(_PREFIX).replace(".lora_A.", ".")
            if target not in weights:
                raise ModelFilesError(
                    f"the evidence ranker changes {target!r}, which its base does not have; reinstall"
                )
            up = tensors[name.replace(".lora_A.", ".lora_B.")]
            change = (adapter.alpha / len(down)) * (up @ down)
            weights[target] = (weights[target] + change).astype(np.float32)
    return weights
