"""A BERT encoder with a scoring head as an ONNX graph, written from its weights: no torch, no exporter.

Attention is onnxruntime's own operator without a mask, which is sound because a run holds one pair at its exact length.
"""

# onnx ships incomplete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

Weights = Mapping[str, NDArray[np.float32]]
"""Tensors by the names that transformers gives them, and ``head.weight`` and ``head.bias``."""

IDS, TYPES, SCORE = "input_ids", "token_type_ids", "score"

_OPSET = 18
_FUSED = "com.microsoft"
_EPSILON = 1e-12
_EMBEDDINGS = "embeddings"


def write_graph(weights: Weights, path: Path, *, heads: int) -> None:
    """Write the model with its matrix products in 8 bits, one scale per output channel."""
    whole = path.with_suffix(".fp32.onnx")
    onnx.save(encoder_graph(weights, heads=heads), str(whole))
    previous = logging.root.manager.disable
    # The quantiser's advice to developers says nothing to a user.
    logging.disable(logging.WARNING)
    try:
        _quantise(whole, path)
    finally:
        logging.disable(previous)


def _quantise(whole: Path, path: Path) -> None:
    quantize_dynamic(
        whole,
        path,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )


def encoder_graph(weights: Weights, *, heads: int) -> onnx.ModelProto:
    """Return a model from ``(1, tokens)`` token and type ids to one score.

    Args:
        weights: Those of a BERT without pooler.
        heads: Attention heads of each layer.
    """
    graph = _Graph(weights)
    hidden = graph.embedded()
    layers = {int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer.")}
    for layer in sorted(layers):
        hidden = graph.layer(hidden, f"encoder.layer.{layer}", heads)
    graph.head(hidden)
    return graph.model()


class _Graph:
    """Nodes and tensors, collected."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._tensors: dict[str, Any] = {}

    def embedded(self) -> str:
        """Add words, types and places; return ``(1, tokens, hidden)``."""
        words = self._add("Gather", self._tensor(f"{_EMBEDDINGS}.word_embeddings.weight"), IDS)
        types = self._add("Gather", self._tensor(f"{_EMBEDDINGS}.token_type_embeddings.weight"), TYPES)
        length = self._add("Shape", IDS, start=1)
        table = self._tensor(f"{_EMBEDDINGS}.position_embeddings.weight")
        places = self._add("Slice", table, self._constant("zero", [0]), length, self._constant("first_axis", [0]))
        total = self._add("Add", self._add("Add", words, types), places)
        return self._normalised(total, f"{_EMBEDDINGS}.LayerNorm")

    def layer(self, hidden: str, name: str, heads: int) -> str:
        """Add one transformer layer."""
        parts = [self._linear(hidden, f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
        attended = self._add("MultiHeadAttention", *parts, domain=_FUSED, num_heads=heads)
        output = self._linear(attended, f"{name}.attention.output.dense")
        hidden = self._normalised(self._add("Add", output, hidden), f"{name}.attention.output.LayerNorm")
        inner = self._add("Gelu", self._linear(hidden, f"{name}.intermediate.dense"), domain=_FUSED)
        output = self._linear(inner, f"{name}.output.dense")
        return self._normalised(self._add("Add", output, hidden), f"{name}.output.LayerNorm")

    def head(self, hidden: str) -> None:
        """Add the score: a linear function of the first token and the mean of all."""
        first = self._add("Gather", hidden, self._constant("first", 0), axis=1)
        mean = self._add("ReduceMean", hidden, self._constant("token_axis", [1]), keepdims=0)
        both = self._add("Concat", first, mean, axis=1)
        weight, bias = self._tensor("head.weight"), self._tensor("head.bias")
        self._nodes.append(helper.make_node("Gemm", [both, weight, bias], [SCORE], transB=1))

    def model(self) -> onnx.ModelProto:
        """Return everything collected."""
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "tokens"]) for name in (IDS, TYPES)]
        outputs = [helper.make_tensor_value_info(SCORE, TensorProto.FLOAT, [1, 1])]
        graph = helper.make_graph(self._nodes, "ranker", inputs, outputs, [*self._tensors.values()])
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def _linear(self, hidden: str, name: str) -> str:
        weight = self._tensor(f"{name}.weight", transposed=True)
        return self._add("Add", self._add("MatMul", hidden, weight), self._tensor(f"{name}.bias"))

    def _normalised(self, hidden: str, name: str) -> str:
        scale, shift = self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias")
        return self._add("LayerNormalization", hidden, scale, shift, axis=-1, epsilon=_EPSILON)

    def _add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        output = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def _tensor(self, name: str, *, transposed: bool = False) -> str:
        array = self._weights[name].T if transposed else self._weights[name]
        self._tensors[name] = numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name)
        return name

    def _constant(self, name: str, value: int | list[int]) -> str:
        self._tensors[name] = numpy_helper.from_array(np.array(value, dtype=np.int64), name)
        return name
