"""What a method asks of a machine, by formulas whose sources are named; ``hybrid adapter plan`` calibrates them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hybrid_adapters.training.recipe import Method

METHODS: tuple[Method, ...] = ("qlora", "lora", "full", "dpo")
"""What a plan compares."""

# 4 bits and the constants of every 64 weights, themselves quantised: Dettmers et al. 2023 (QLoRA), section 3.
_NF4_BYTES = (4 + 0.127) / 8
_HALF, _SINGLE = 2, 4
# A weight that is trained has a gradient and two moments beside it, all in 32 bits (Adam).
_TRAINED = 4 * _SINGLE
# Bytes that a layer keeps of each token and unit of its width for the backward pass in 16 bits, attention scores not
# among them since they are computed anew: Korthikanti et al. 2022 (arXiv 2205.05198), equation 2.
_KEPT = 34
_KEPT_AT_CHECKPOINTS = 2
# What Python, torch and transformers take by themselves; measured with a base of 140,000 weights.
_PROCESS = 0.65 * 2**30


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of a base that decide what training it takes."""

    linear: int
    """Weights of the layers that adapters reach, and that are held in 4 bits."""

    rest: int
    """Other weights: embeddings, norms, the head."""

    layers: int
    """Number of layers."""

    width: int
    """Size of the hidden states."""

    vocabulary: int
    """Number of logits."""

    sides: int
    """Sum over the linear layers of rows and columns: weights of an adapter of rank 1."""

    @property
    def parameters(self) -> int:
        """All weights."""
        return self.linear + self.rest


def shape_of(network: Any) -> Shape:
    """Return the sizes of a base in which no adapter has been put yet."""
    head = network.get_output_embeddings()
    linear = [each for each in network.modules() if hasattr(each, "in_features") and each is not head]
    inner = sum(each.in_features * each.out_features for each in linear)
    config = network.config.get_text_config(decoder=True)
    return Shape(
        linear=inner,
        rest=_rest(network, linear),
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        vocabulary=head.out_features,
        sides=sum(each.in_features + each.out_features for each in linear),
    )


def trained_weights(method: Method, shape: Shape, rank: int) -> int:
    """Return how many weights a method trains."""
    return shape.parameters if method == "full" else rank * shape.sides


def operations(method: Method, shape: Shape, rank: int, *, row: float, recomputed: bool) -> float:
    """Return the floating point operations for each token that is read.

    Forward takes two for each weight, backward two for the gradients of the activations and two for those of the
    weights that are trained (Kaplan et al. 2020, arXiv 2001.08361, section 2.1); the reference of preferences is one
    forward more. The head is left out: it reads the few tokens that are learned.

    Args:
        method: How the base is trained.
        shape: Of the base.
        rank: Of the adapter.
        row: Mean tokens of a row, for the attention.
        recomputed: Whether activations are computed again for the backward pass.
    """
    adapter = 0 if method == "full" else rank * shape.sides
    forward = 2 * (shape.linear + adapter) + 2 * shape.layers * row * shape.width
    weights = 2 * (shape.linear if method == "full" else adapter)
    reference = 2 * shape.linear if method == "dpo" else 0
    return forward * (2 + recomputed) + weights + reference


def memory(method: Method, shape: Shape, rank: int, *, tokens: int, learned: int, recomputed: bool) -> float:
    """Return the most bytes that training holds at once.

    Args:
        method: How the base is trained.
        shape: Of the base.
        rank: Of the adapter.
        tokens: Read in one forward pass.
        learned: How many of them are learned.
        recomputed: Whether activations are computed again for the backward pass.
    """
    held = {"qlora": _NF4_BYTES, "dpo": _NF4_BYTES, "lora": _HALF, "full": 0}[method] * shape.linear
    rest = 0 if method == "full" else _HALF * shape.rest
    twice = 2 if method == "dpo" else 1
    per_layer = _KEPT_AT_CHECKPOINTS if recomputed else _KEPT
    activations = twice * tokens * shape.width * (per_layer * shape.layers + (_KEPT if recomputed else 0))
    logits = 3 * twice * learned * shape.vocabulary * _SINGLE
    return _PROCESS + held + rest + _TRAINED * trained_weights(method, shape, rank) + activations + logits


def _rest(network: Any, linear: list[Any]) -> int:
    # Weights in 4 bits are stored two in a byte: counting elements would count half of them.
    inner = {id(weights) for each in linear for weights in each.parameters()}
    return sum(weights.numel() for weights in network.parameters() if id(weights) not in inner)
