"""Self-attention that torch computes as usual and the exporter writes as one operator of onnxruntime."""

# The types of torch's tensors are incomplete.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

ATTENTION = "hybrid_onnx"
"""Name under which transformers knows it."""


class _MultiHeadAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, heads: int, scale: float
    ) -> torch.Tensor:
        """Attend; every tensor is ``(batch, tokens, heads * size)``."""
        query, key, value = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in (query, key, value))
        return _merge_heads(scaled_dot_product_attention(query, key, value, scale=scale))

    @staticmethod
    def symbolic(g: Any, query: Any, key: Any, value: Any, heads: int, scale: float) -> Any:
        """Write the operator; its output has the query's type and shape."""
        output = g.op("com.microsoft::MultiHeadAttention", query, key, value, num_heads_i=heads, scale_f=scale)
        output.setType(query.type())
        return output


def one_operator_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Implement the attention interface of transformers; tensors are ``(batch, heads, tokens, size)``."""
    heads, size = int(query.shape[1]), int(query.shape[3])
    scale = float(scaling or size**-0.5)
    merged = _MultiHeadAttention.apply(_merge_heads(query), _merge_heads(key), _merge_heads(value), heads, scale)
    return merged.unflatten(2, (heads, -1)), None


def no_mask(*_: Any, **__: Any) -> None:
    """Implement the mask interface of transformers: a run holds one text at its exact length."""


def _merge_heads(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.transpose(1, 2).flatten(2)
