"""First weights that spare a small network what two processor cores cannot teach it."""

from __future__ import annotations

from typing import Any

import torch

_LOOKING_HEADS = 2
_STRENGTH = 1.5


def begin(network: Any, tokenizer: Any) -> None:
    """Give tokens the meanings that an encoder's words have, and let two heads look for tokens that mean the same.

    Both are only where the training begins. The encoder is all-MiniLM-L6-v2 (Apache-2.0): a token begins as the mean
    of the encoder's pieces of its text, in as many main directions as the network is wide. Heads that look for the
    same token from the start: Trockman and Kolter 2023, Mimetic Initialization.

    Args:
        network: A Llama with random weights, changed in place.
        tokenizer: Its tokenizer.
    """
    embedding = network.get_input_embeddings().weight
    with torch.no_grad():
        found, known = _meanings(tokenizer, embedding.shape[1])
        embedding[known] = found[known].to(embedding) * network.config.initializer_range
        _look_for_the_same(network)


def _meanings(tokenizer: Any, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a vector of each token, about 1 in each direction, and which tokens have one."""
    import transformers

    from hybrid._offline import offline_model

    folder = str(offline_model(feature="training hybrid-mini"))
    pieces: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    words = transformers.AutoModel.from_pretrained(folder, local_files_only=True).get_input_embeddings().weight.detach()
    texts = [tokenizer.decode([token]).strip() for token in range(len(tokenizer))]
    ids = [pieces(text, add_special_tokens=False)["input_ids"] if text else [] for text in texts]
    known = torch.tensor([bool(each) and pieces.unk_token_id not in each for each in ids])
    means = torch.stack([words[each].mean(0) if each else words.new_zeros(words.shape[1]) for each in ids])
    centred = means - means[known].mean(0)
    directions = torch.linalg.svd(centred[known], full_matrices=False)[2][:size]
    projected = centred @ directions.T
    # Between what the encoder weighs and all directions alike, so that different words stay apart.
    spread = projected[known].std(0).sqrt()
    projected = projected / spread
    return projected / projected[known].std(), known


def _look_for_the_same(network: Any) -> None:
    """Make queries and keys of two heads of the second layer equal, in the slow half of the rotation alone."""
    attention = network.model.layers[min(1, len(network.model.layers) - 1)].self_attn
    size, width = attention.head_dim, network.config.hidden_size
    slow = torch.cat([torch.arange(size // 4, size // 2), torch.arange(3 * size // 4, size)])
    for head in range(_LOOKING_HEADS):
        directions = torch.linalg.qr(torch.randn(width, len(slow)))[0].T * _STRENGTH
        for projection in (attention.q_proj, attention.k_proj):
            rows = projection.weight[head * size : (head + 1) * size]
            rows.zero_()
            rows[slow] = directions.to(rows)
