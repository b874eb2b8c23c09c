"""Convert a model, measure its variants against the original, keep the one that is wanted."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from hybrid.errors import EmbeddingError
from hybrid_indexes.embedding._cache import ModelCache
from hybrid_indexes.embedding._export import export, fit_projection, quantize
from hybrid_indexes.embedding._models import ModelFolder
from hybrid_indexes.embedding._onnx import OnnxEncoder
from hybrid_indexes.embedding._quality import Measurement, Original, VariantFigures, fastest, measure
from hybrid_indexes.embedding._torch import TorchEncoder, load_sentence_transformer
from hybrid_indexes.embedding.local import Encoder, LocalEmbedder

_LOG = logging.getLogger(__name__)


def choose(model: ModelFolder, cache: ModelCache) -> str:
    """Return the fastest variant whose vectors are close enough, after storing it and the figures in the cache."""
    with cache.writing() as workspace:
        if known := cache.measurement():
            return known.chosen
        reference = load_sentence_transformer(model)
        bench = _Bench(model, reference)
        converted = _convert(model, reference, cache, workspace)
        figures = [bench.measure(OnnxEncoder(path), variant) for variant, path in converted.items()]
        best = fastest(figures)
        if best is None:
            halved = load_sentence_transformer(model, bfloat16=True)
            figures += [bench.measure(TorchEncoder(halved), "torch-bf16"), bench.measure(bench.encoder, "torch-fp32")]
            best = fastest(figures) or figures[-1]
        if best.variant in converted:
            cache.publish(converted[best.variant], best.variant)
        cache.record(Measurement(model=model.name, chosen=best.variant, variants=tuple(figures)), workspace)
        return best.variant


def make(model: ModelFolder, cache: ModelCache, variant: str) -> Path:
    """Return the folder of a named variant, after converting the model to it.

    Raises:
        EmbeddingError: The model cannot be converted, or what comes out is not this model.
    """
    with cache.writing() as workspace:
        if (folder := cache.variant(variant)) is not None:
            return folder
        reference = load_sentence_transformer(model)
        converted = _convert(model, reference, cache, workspace)
        if variant in converted:
            figures = _Bench(model, reference).measure(OnnxEncoder(converted[variant]), variant)
            if figures.is_sound:
                return cache.publish(converted[variant], variant)
        raise EmbeddingError(
            f"embedding model {model.name!r} cannot be converted to variant {variant!r}; "
            "name the variant torch-bf16 or torch-fp32, or none to have one chosen."
        )


def _convert(model: ModelFolder, reference: Any, cache: ModelCache, workspace: Path) -> dict[str, Path]:
    """Return the folders of the converted variants; none where the model cannot be converted."""
    try:
        exported = export(reference, workspace / "fp32")
        converted = {"int8": quantize(exported, workspace / "int8"), "fp32": exported}
        for folder in converted.values():
            fit_projection(folder)
        return converted
    except OSError as error:
        raise cache.refused(error) from error
    except Exception as error:  # the exporter raises whatever the model's own code trips over
        _LOG.info("embedding model %s stays on torch: %s", model.name, error)
        return {}


class _Bench:
    """Compares variants with the original."""

    def __init__(self, model: ModelFolder, reference: Any) -> None:
        self.encoder = TorchEncoder(reference)
        self._model = model
        self._original = Original(self._embedder(self.encoder, "torch-fp32"))

    def measure(self, encoder: Encoder, variant: str) -> VariantFigures:
        try:
            return measure(self._embedder(encoder, variant), variant, self._original)
        except EmbeddingError:
            return VariantFigures(variant=variant, mean_cosine=0, min_cosine=-1, order_agreement=0, texts_per_second=0)

    def _embedder(self, encoder: Encoder, variant: str) -> LocalEmbedder:
        return LocalEmbedder(encoder, model=self._model.name, digest=self._model.digest, variant=variant)
