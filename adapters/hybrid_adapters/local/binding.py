"""Binding a trained voice to the base, tokenizer, template, prompt and contract that it was trained with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hybrid.contract import Contract
from hybrid_adapters.local._loading import Quantization
from hybrid_adapters.registry.manifest import Dataset, Manifest


def bind(
    adapter: Path,
    *,
    name: str,
    base: str,
    quantization: Quantization,
    contract: Contract[Any],
    dataset: Dataset,
    recipe: Mapping[str, Any],
    seed: int,
    instructions: str = "",
    license: str | None = None,
    evaluation: Mapping[str, Any] | None = None,
) -> Manifest:
    """Return the manifest of an adapter: what it fits, by hashes, and what proves its effect.

    The base is loaded as it is served, and the adapter into it.

    Args:
        adapter: Folder that PEFT saved.
        name: What the adapter shall be called.
        base: Folder or name of the base, as ``LocalModel`` takes it.
        quantization: How the base is held where the adapter is served.
        contract: What replies look like.
        dataset: What it was trained on.
        recipe: Settings of the training.
        seed: Of the training.
        instructions: What it was taught to read after the rules of the prompt.
        license: SPDX identifier.
        evaluation: Held-out figures.

    Raises:
        ModelFilesError: The adapter does not fit the base or has no effect, or the template varies by date.
    """
    raise NotImplementedError
