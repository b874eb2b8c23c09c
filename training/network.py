"""The network: a Llama in one of two sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.tokenizer import CONTEXT, END, PAD

SIZES: Mapping[str, Mapping[str, int]] = {
    "small": {"hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 6, "num_attention_heads": 4},
    "full": {"hidden_size": 448, "intermediate_size": 1216, "num_hidden_layers": 10, "num_attention_heads": 7},
}
"""7 million parameters, for a processor, and 28 million, for a graphics card; multiples of what 4-bit kernels pack."""


def new_network(tokenizer: Any, size: str) -> Any:
    """Return the network with random weights.

    Args:
        tokenizer: Its tokenizer.
        size: One of ``SIZES``.
    """
    import transformers

    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            **SIZES[size],
            num_key_value_heads=SIZES[size]["num_attention_heads"],
            vocab_size=len(tokenizer),
            max_position_embeddings=CONTEXT,
            rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
            tie_word_embeddings=True,
            initializer_range=0.03,
            bos_token_id=None,
            eos_token_id=tokenizer.convert_tokens_to_ids(END),
            pad_token_id=tokenizer.convert_tokens_to_ids(PAD),
        )
    )
