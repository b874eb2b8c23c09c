"""Write a trained ranker with the manifest that binds it."""

# safetensors ships incomplete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from safetensors.torch import save_file

from hybrid_adapters.ranker._adapter import ALPHA, MAX_TOKENS, fit_of
from hybrid_adapters.ranker._base import BASE, base_folder
from hybrid_adapters.ranker._fitting import Recipe
from hybrid_adapters.ranker._network import CrossEncoderNetwork
from hybrid_adapters.registry.files import CONFIG, WEIGHTS, read_files
from hybrid_adapters.registry.manifest import MANIFEST, Dataset, Manifest

_NAME = "evidence-ranker"
_MAX_TOKENS = 256
_LIBRARIES = ("torch", "transformers")


def save(
    network: CrossEncoderNetwork, dataset: Dataset, recipe: Recipe, folder: Path, *, name: str = _NAME
) -> Manifest:
    """Write an adapter into a folder and return its manifest; it has no scores until it was measured.

    Args:
        network: What was trained.
        dataset: On what.
        recipe: How.
        folder: Made where there is none.
        name: Of the adapter.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_file(network.trained(), folder / WEIGHTS)
    settings = {"peft_type": "LORA", "r": recipe.rank, ALPHA: recipe.alpha, "target_modules": "all-linear"}
    settings |= {"modules_to_save": ["head"], MAX_TOKENS: _MAX_TOKENS, "base_model_name_or_path": BASE}
    (folder / CONFIG).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
    files, fit = read_files(folder), fit_of(base_folder())
    manifest = Manifest(
        name=name,
        kind="ranker",
        base=fit.base,
        tokenizer_sha256=fit.tokenizer_sha256,
        weights_sha256=files.weights_sha256,
        config_sha256=files.settings_sha256,
        dataset=dataset,
        recipe=asdict(recipe),
        libraries={library: version(library) for library in _LIBRARIES},
        seed=recipe.seed,
        created=datetime.now(UTC).replace(microsecond=0),
    )
    (folder / MANIFEST).write_text(manifest.to_json(), "utf-8")
    return manifest
