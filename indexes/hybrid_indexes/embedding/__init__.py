"""Embedding: any sentence-transformers model, by the fastest variant that a measurement found good enough."""

from hybrid_indexes.embedding._quality import Measurement, VariantFigures
from hybrid_indexes.embedding.loading import load_embedder, measurement
from hybrid_indexes.embedding.local import LocalEmbedder
from hybrid_indexes.embedding.vectors import unit_rows

__all__ = ["LocalEmbedder", "Measurement", "VariantFigures", "load_embedder", "measurement", "unit_rows"]
