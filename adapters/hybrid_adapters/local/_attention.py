"""Causal attention on CPUs that works out no score which a later token would be hidden behind.

PyTorch's own operator skips what lies in the future only where nothing was read before; after a prefix it takes a mask
of all pairs, computes them all, and needs twice the time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from transformers import masking_utils, modeling_utils
from transformers.integrations import sdpa_attention

_NAME = "hybrid_blocks"
_BLOCK = 96
# For fewer tokens PyTorch's operator with a mask is as fast.
_FEWEST = 32
# What some architectures add to attention; PyTorch's operator takes it, or says that it cannot.
_OTHERS = ("softcap", "position_bias", "is_causal", "s_aux")

_sdpa: Any = sdpa_attention
_masking: Any = masking_utils
_modeling: Any = modeling_utils


def use_blocks(network: Any) -> None:
    """Let a network's layers attend by ``attended`` where rows have no empty places; others keep what they had."""
    if network.config._attn_implementation == "sdpa":
        _modeling.ALL_ATTENTION_FUNCTIONS.register(_NAME, _forward)
        _masking.ALL_MASK_ATTENTION_FUNCTIONS.register(_NAME, _mask)
        network.set_attn_implementation(_NAME)


def attended(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """Return ``(rows, heads, tokens, size)``: what each token takes from all up to itself.

    The arithmetic is that of transformers' eager attention: products in the network's precision, softmax in 32 bits.

    Args:
        query: ``(rows, heads, tokens, size)`` of the newest tokens.
        key: ``(rows, heads, places, size)`` of all of them, at least as many.
        value: As ``key``.
        scale: Of the products.
    """
    tokens, places = query.shape[2], key.shape[2]
    keys = key.transpose(2, 3)
    later = torch.full((_BLOCK, _BLOCK), -torch.inf).triu(1)
    found: list[Tensor] = []
    for start in range(0, tokens, _BLOCK):
        size = min(_BLOCK, tokens - start)
        seen = places - tokens + start + size
        scores = (query[:, :, start : start + size] @ keys[..., :seen]).float() * scale
        scores[..., seen - size :] += later[:size, :size]
        found.append(torch.softmax(scores, dim=-1).to(value.dtype) @ value[:, :, :seen])
    return torch.cat(found, dim=2)


def _forward(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    unusual = any(options.get(name) is not None for name in _OTHERS)
    if attention_mask is not None or query.shape[2] < _FEWEST or unusual:
        if attention_mask is None and query.shape[2] > 1:
            attention_mask = _seen(query.shape[2], key.shape[2])
        return _sdpa.sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **options)
    groups = query.shape[1] // key.shape[1]
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    found = attended(query, _sdpa.repeat_kv(key, groups), _sdpa.repeat_kv(value, groups), scale)
    return found.transpose(1, 2).contiguous(), None


def _mask(**places: Any) -> Tensor | None:
    """Return no mask where every token sees all before it."""
    plain = places.get("mask_function", _masking.causal_mask_function) is _masking.causal_mask_function
    if plain and places.get("attention_mask") is None:
        return None
    return _masking.sdpa_mask(**places)


@lru_cache(maxsize=8)
def _seen(tokens: int, places: int) -> Tensor:
    """Return ``(1, 1, tokens, places)``: which places each of the newest tokens sees. All layers ask for the same."""
    return torch.ones(tokens, places, dtype=torch.bool).tril(places - tokens)[None, None]
