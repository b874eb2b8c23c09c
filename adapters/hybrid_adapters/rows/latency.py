"""How long a local model takes to read prompts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence

from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._loading import Quantization, load

_PROMPTS = 5


def reading_seconds(name: str, quantization: Quantization, prompts: Sequence[Sequence[int]]) -> float:
    """Return the median time to read one of the first five prompts, with nothing kept from earlier ones.

    Args:
        name: Folder of the model, or its name in the local Hugging Face cache.
        quantization: How its weights are held.
        prompts: Token ids.

    Raises:
        ModelFilesError: It cannot be loaded.
    """
    return statistics.median(_seconds(name, quantization, prompts[:_PROMPTS]))


def _seconds(name: str, quantization: Quantization, prompts: Sequence[Sequence[int]]) -> Iterator[float]:
    import torch

    network = load(model_folder(name), quantization).network
    # The first pass also makes what later ones find ready.
    for number, tokens in enumerate((prompts[0], *prompts)):
        with torch.inference_mode():
            started = time.perf_counter()
            logits = network(torch.tensor([tokens], device=network.device), logits_to_keep=1).logits
            logits.sum().item()
        if number:
            yield time.perf_counter() - started
