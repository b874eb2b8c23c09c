"""The cross-encoder while it is trained: a frozen encoder with low-rank additions, and a scoring head."""

# The types of torch and transformers are incomplete.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch.nn.functional import linear
from transformers import AutoModel


class LowRank(torch.nn.Module):
    """A frozen linear layer plus a trained product of two thin matrices (Hu et al., "LoRA", 2021).

    Args:
        frozen: The layer as it was.
        rank: Inner size of the product.
        alpha: The product is scaled by ``alpha / rank``.
    """

    def __init__(self, frozen: torch.nn.Linear, *, rank: int, alpha: float) -> None:
        super().__init__()
        self.frozen = frozen
        self.scale = alpha / rank
        bound = 1 / math.sqrt(frozen.in_features)
        self.lora_A = torch.nn.Parameter(torch.empty(rank, frozen.in_features).uniform_(-bound, bound))
        self.lora_B = torch.nn.Parameter(torch.zeros(frozen.out_features, rank))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return both layers' sum, in the type of ``hidden``."""
        thin = linear(linear(hidden, self.lora_A.to(hidden.dtype)), self.lora_B.to(hidden.dtype))
        return self.frozen(hidden) + thin * self.scale


class CrossEncoderNetwork(torch.nn.Module):
    """Scores token ids of pairs; only the low-rank matrices and the head are trained.

    Args:
        base: Folder of the encoder.
        rank: Inner size of the low-rank products.
        alpha: They are scaled by ``alpha / rank``.
    """

    def __init__(self, base: Path, *, rank: int, alpha: float) -> None:
        super().__init__()
        # Eager: at these lengths the fused attention's backward pass takes a third of a step on a CPU.
        self.encoder = AutoModel.from_pretrained(
            base, add_pooling_layer=False, attn_implementation="eager", dtype=torch.bfloat16
        ).eval()
        self.encoder.requires_grad_(False)
        for name, module in list(self.encoder.named_modules()):
            if isinstance(module, torch.nn.Linear):
                parent, _, child = name.rpartition(".")
                setattr(self.encoder.get_submodule(parent), child, LowRank(module, rank=rank, alpha=alpha))
        self.head = torch.nn.Linear(2 * self.encoder.config.hidden_size, 1)

    def forward(self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return ``(pairs,)`` scores of ``(pairs, tokens)``."""
        hidden = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state.float()
        counted = mask.unsqueeze(2)
        mean = (hidden * counted).sum(1) / counted.sum(1)
        return self.head(torch.cat([hidden[:, 0], mean], dim=1)).squeeze(1)

    def trained(self) -> dict[str, torch.Tensor]:
        """Return what was trained, by the names that PEFT gives low-rank matrices, in 16 bits."""
        names = {name: parameter.detach() for name, parameter in self.named_parameters() if parameter.requires_grad}
        return {_peft_name(name): tensor.half().contiguous() for name, tensor in names.items()}

    def take(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what ``trained`` returned.

        Raises:
            KeyError: A tensor is missing.
        """
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(tensors[_peft_name(name)])


def _peft_name(name: str) -> str:
    return f"base_model.model.{name.removeprefix('encoder.')}.weight" if ".lora_" in name else name
