"""Convert a model, measure the variants, keep the one that is wanted."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from hybrid.errors import EmbeddingError
from hybrid_indexes.embedding._cache import ModelCache
from hybrid_indexes.embedding._export import NotConvertible, export, quantize
from hybrid_indexes.embedding._models import ModelFolder
from hybrid_indexes.embedding._onnx import OnnxEncoder
from hybrid_indexes.embedding._quality import Measurement, VariantFigures, fastest, measure, originals
from hybrid_indexes.embedding._sample import PASSAGES, QUESTIONS
from hybrid_indexes.embedding._torch import TorchEncoder, load_sentence_transformer
from hybrid_indexes.embedding.local import Encoder, LocalEmbedder

_LOG = logging.getLogger(__name__)
