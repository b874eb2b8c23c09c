"""Load an embedder by the name of its model; the first time, convert it and measure which variant is best."""

from __future__ import annotations

from hybrid.errors import ConfigError
from hybrid_indexes.embedding._cache import ModelCache
from hybrid_indexes.embedding._models import MINILM, ModelFolder, locate
from hybrid_indexes.embedding._onnx import OnnxEncoder
from hybrid_indexes.embedding._quality import Measurement
from hybrid_indexes.embedding._torch import TorchEncoder, load_sentence_transformer, require_torch
from hybrid_indexes.embedding.local import Encoder, LateLocalEmbedder, LocalEmbedder

_CONVERTED = ("int8", "fp32")
_TORCH = ("torch-bf16", "torch-fp32")


def load_embedder(model: str = MINILM, variant: str | None = None) -> LocalEmbedder:
    """Return an embedder for a model.

    Args:
        model: ``minilm`` (all-MiniLM-L6-v2 from a package, no network), a folder, or the name of a
            sentence-transformers model. Weights must be safetensors; remote code is never run.
        variant: ``int8`` or ``fp32`` (onnxruntime), ``torch-bf16`` or ``torch-fp32``. None takes the fastest one whose
            vectors are close to the original's; it is measured the first time, see ``measurement``.

    Raises:
        MissingExtraError: The packages that bring, convert or run the model are not installed.
        ConfigError: There is no such model or variant, or its weights are not safetensors.
        EmbeddingError: The model cannot be converted to the named variant.
        StorageError: The cache folder cannot be written.
    """
    if variant is not None and variant not in _CONVERTED + _TORCH:
        raise ConfigError(f"embedding variant {variant!r} is unknown; name one of {', '.join(_CONVERTED + _TORCH)}.")
    folder = locate(model)
    cache = ModelCache(folder)
    chosen = variant or _chosen(folder, cache)
    encoder = _encoder(folder, cache, chosen)
    if isinstance(encoder, OnnxEncoder) and encoder.projection is not None:
        return LateLocalEmbedder(encoder, model=model, digest=folder.digest, variant=chosen)
    return LocalEmbedder(encoder, model=model, digest=folder.digest, variant=chosen)


def measurement(model: str = MINILM) -> Measurement | None:
    """Return why this machine runs a model in the variant it does, or None before it was first loaded.

    Raises:
        MissingExtraError: The package that brings the model is not installed.
        ConfigError: There is no such model.
    """
    return ModelCache(locate(model)).measurement()


def _chosen(folder: ModelFolder, cache: ModelCache) -> str:
    if known := cache.measurement():
        return known.chosen
    require_torch(folder)
    from hybrid_indexes.embedding._choose import choose

    return choose(folder, cache)


def _encoder(folder: ModelFolder, cache: ModelCache, variant: str) -> Encoder:
    if variant in _CONVERTED:
        if (converted := cache.variant(variant)) is not None:
            return OnnxEncoder(converted)
        require_torch(folder)
        from hybrid_indexes.embedding._choose import make

        return OnnxEncoder(make(folder, cache, variant))
    require_torch(folder)
    return TorchEncoder(load_sentence_transformer(folder, bfloat16=variant == "torch-bf16"))
