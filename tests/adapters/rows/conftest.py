"""The sample's documents in the embedded engine, and benches that build rows with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from rows_samples import Bench, save_model

from hybrid.answering.assembly import default_composer
from hybrid.config import build_connectors, load_settings
from hybrid.pipeline import Pipeline
from hybrid.testing.memory import HashingEmbedder
from hybrid_indexes.chunking.structure import StructureChunker
from hybrid_indexes.knowledge import KnowledgeBase

SAMPLE = Path(__file__).parents[3] / "examples" / "support_bot"


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The sample's documents, found by words and by hashed vectors; every question reaches the model."""
    knowledge = KnowledgeBase(
        tmp_path_factory.mktemp("index"), embedder=HashingEmbedder(dimension=256), chunker=StructureChunker()
    )
    connectors = build_connectors(load_settings(SAMPLE / "hybrid.toml"))
    composer = default_composer(knowledge, refuse_below=0.0)
    with Pipeline(knowledge=knowledge, connectors=connectors, composer=composer) as pipeline:
        pipeline.sync()
        yield pipeline


@pytest.fixture
def bench(pipeline: Pipeline, tmp_path: Path) -> Bench:
    """Builds rows about the sample's documents."""
    return Bench(pipeline=pipeline, folder=tmp_path)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose context takes a part of the evidence."""
    return save_model(tmp_path_factory.mktemp("models") / "tiny", context=2_300)
