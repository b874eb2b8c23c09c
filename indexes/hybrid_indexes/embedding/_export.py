"""Convert a transformers encoder to ONNX: attention as one onnxruntime operator, weights in 8 bits on request.

The legacy exporter needs nothing but torch. Attention leaves as ``com.microsoft::MultiHeadAttention`` without a mask,
which onnxruntime runs as flash attention; that is sound because a run holds one text at its exact length.
"""

# The libraries that export ship no complete types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AttentionInterface, AttentionMaskInterface

from hybrid_indexes.embedding._attention import ATTENTION, no_mask, one_operator_attention
from hybrid_indexes.embedding._late import TOKEN_DIMENSION, fit
from hybrid_indexes.embedding._onnx import MODEL, PROJECTION, SETTINGS, TOKENIZER, OnnxEncoder, OnnxSettings
from hybrid_indexes.embedding._sample import PASSAGES, QUESTIONS

_OPSET = 18
_EXAMPLE_TOKENS = 16


class NotConvertible(Exception):
    """The model is built from parts that have no equivalent here; it is run by torch instead."""


def export(sentence_transformer: Any, folder: Path) -> Path:
    """Write graph, tokenizer and settings into a new folder.

    Raises:
        NotConvertible: The model is more than a transformer with mean or first-token pooling.
    """
    settings = _settings(sentence_transformer)
    folder.mkdir()
    transformer = sentence_transformer[0]
    transformer.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    (folder / SETTINGS).write_text(settings.model_dump_json(indent=2) + "\n", "utf-8")
    _trace(transformer.auto_model, folder / MODEL)
    return folder


def quantize(exported: Path, folder: Path) -> Path:
    """Write a copy whose matrix products run in 8 bits, with one scale per output channel.

    One scale per tensor would turn the vectors by 0.94 in cosine instead of 0.995.
    """
    folder.mkdir()
    for name in (TOKENIZER, SETTINGS):
        (folder / name).write_bytes((exported / name).read_bytes())
    with _quiet():
        quantize_dynamic(
            exported / MODEL,
            folder / MODEL,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": 1},
        )
    return folder


def fit_projection(folder: Path) -> None:
    """Write the projection of a converted model's token vectors, fitted on the built-in texts."""
    encoder = OnnxEncoder(folder)
    if encoder.dimension >= TOKEN_DIMENSION:
        tokens = [encoder.document_tokens(text)[1:-1] for text in (*PASSAGES, *QUESTIONS)]
        np.save(folder / PROJECTION, fit(np.concatenate(tokens)), allow_pickle=False)


def _settings(model: Any) -> OnnxSettings:
    parts = [type(part).__name__ for part in model]
    if parts not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise NotConvertible(f"its modules are {parts}")
    pooling = model[1]
    if pooling.pooling_mode not in ("mean", "cls") or not pooling.include_prompt:
        raise NotConvertible(f"its pooling is {pooling.pooling_mode!r}")
    return OnnxSettings(
        dimension=model.get_embedding_dimension(),
        max_tokens=model.max_seq_length,
        pooling="cls" if pooling.pooling_mode == "cls" else "mean",
        query_prompt=_prompt(model, "query"),
        document_prompt=_prompt(model, "document", "passage", "corpus"),
    )


def _prompt(model: Any, *names: str) -> str:
    """Return the prompt that ``encode_query`` or ``encode_document`` of sentence-transformers would use."""
    for name in (*names, model.default_prompt_name):
        if name in model.prompts:
            return model.prompts[name]
    return ""


@contextmanager
def _exportable(model: Any) -> Generator[None]:
    """Make a transformers model call the exportable attention, and give it its own back afterwards."""
    AttentionInterface.register(ATTENTION, one_operator_attention)
    AttentionMaskInterface.register(ATTENTION, no_mask)
    before = model.config._attn_implementation
    model.set_attn_implementation(ATTENTION)
    if model.config._attn_implementation != ATTENTION:
        raise NotConvertible("its attention cannot be replaced")
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _trace(model: Any, target: Path) -> None:
    ids = torch.arange(_EXAMPLE_TOKENS).unsqueeze(0)
    with _quiet(), torch.no_grad(), _exportable(model):
        torch.onnx.export(
            _TokenVectors(model),
            (ids,),
            str(target),
            input_names=["input_ids"],
            output_names=["token_vectors"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in ("input_ids", "token_vectors")},
            dynamo=False,
            opset_version=_OPSET,
        )


class _TokenVectors(torch.nn.Module):
    """From token ids to the last layer."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids).last_hidden_state


@contextmanager
def _quiet() -> Generator[None]:
    """Keep the exporters' advice to their own developers off the user's screen."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)
