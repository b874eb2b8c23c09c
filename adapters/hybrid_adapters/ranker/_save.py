"""Write a trained ranker with the manifest that binds it."""

# safetensors ships incomplete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from hybrid_adapters.ranker._adapter import ALPHA, MAX_TOKENS, fit_of
from hybrid_adapters.ranker._base import BASE, base_folder
from hybrid_adapters.ranker._network import CrossEncoderNetwork
from hybrid_adapters.ranker._rows import Row
from hybrid_adapters.registry.files import CONFIG, WEIGHTS, read_files
from hybrid_adapters.registry.manifest import MANIFEST, Dataset, Manifest

_NAME = "evidence-ranker"
_MAX_TOKENS = 256
_LIBRARIES = ("torch", "transformers")


def save(network: CrossEncoderNetwork, rows: Sequence[Row], recipe: Mapping[str, Any], folder: Path) -> Manifest:
    """Write an adapter into a folder and return its manifest; it has no scores until it was measured.

    Args:
        network: What was trained.
        rows: On what.
        recipe: How: ``rank``, ``alpha``, ``seed`` and whatever else there was.
        folder: Made where there is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_file(network.trained(), folder / WEIGHTS)
    settings = {"peft_type": "LORA", "r": recipe["rank"], ALPHA: recipe["alpha"], "target_modules": "all-linear"}
    settings |= {"modules_to_save": ["head"], MAX_TOKENS: _MAX_TOKENS, "base_model_name_or_path": BASE}
    (folder / CONFIG).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
    manifest = _manifest(folder, rows, recipe)
    (folder / MANIFEST).write_text(manifest.to_json(), "utf-8")
    return manifest


def _manifest(folder: Path, rows: Sequence[Row], recipe: Mapping[str, Any]) -> Manifest:
    files, fit = read_files(folder), fit_of(base_folder())
    return Manifest(
        name=_NAME,
        kind="ranker",
        base=fit.base,
        tokenizer_sha256=fit.tokenizer_sha256,
        weights_sha256=files.weights_sha256,
        config_sha256=files.settings_sha256,
        dataset=Dataset(version=None, rows=len(rows), approved=0, sources=Counter(row.source for row in rows)),
        recipe=recipe,
        libraries={library: version(library) for library in _LIBRARIES},
        seed=recipe["seed"],
        created=datetime.now(UTC).replace(microsecond=0),
    )
