"""Write a trained adapter with the manifest that binds it."""

# safetensors ships incomplete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from safetensors.torch import save_file

from hybrid_adapters.ranker._adapter import MANIFEST, WEIGHTS, Manifest
from hybrid_adapters.ranker._base import BASE, base_digest, base_folder
from hybrid_adapters.ranker._network import CrossEncoderNetwork
from hybrid_adapters.ranker._rows import Row

_NAME = "evidence-ranker@1"
_MAX_TOKENS = 256
_LIBRARIES = ("torch", "transformers")


def save(
    network: CrossEncoderNetwork,
    rows: Sequence[Row],
    recipe: Mapping[str, float],
    folder: Path,
    *,
    alpha: float,
) -> Manifest:
    """Write both files into a folder and return the manifest; it has no scores until it was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(network.trained(), folder / WEIGHTS)
    manifest = Manifest(
        name=_NAME,
        base=BASE,
        base_sha256=base_digest(base_folder()),
        weights_sha256=hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest(),
        alpha=alpha,
        max_tokens=_MAX_TOKENS,
        data=dict(Counter(row.source for row in rows)),
        recipe={**recipe, **{library: version(library) for library in _LIBRARIES}},
        scores={},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    return manifest
