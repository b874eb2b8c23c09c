"""A trained network as the files that ship: 4 bits, safetensors, with its card."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hybrid_adapters.local.drafts import save_drafts

_CARD = "README.md"


def export(trained: Path, out: Path, card: str, replies: Sequence[str]) -> int:
    """Write the network in NF4 with tokenizer, card and the phrases that it was taught; return the bytes of the folder.

    Args:
        trained: What ``save_pretrained`` wrote, tokenizer included.
        out: Folder to write; what it held before is replaced.
        card: Text of the model card.
        replies: What it was taught to write.
    """
    import torch
    import transformers

    auto: Any = transformers.AutoModelForCausalLM
    settings = transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    network = auto.from_pretrained(trained, dtype=torch.bfloat16, quantization_config=settings, local_files_only=True)
    shutil.rmtree(out, ignore_errors=True)
    # No forward pass before this: bitsandbytes would repack the weights in place.
    network.save_pretrained(out)
    transformers.AutoTokenizer.from_pretrained(trained, local_files_only=True).save_pretrained(out)
    (out / _CARD).write_text(card, "utf-8")
    save_drafts(out, replies)
    return sum(file.stat().st_size for file in out.iterdir())
