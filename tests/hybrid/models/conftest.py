"""Passages out of a few lines, and an embedder without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from hybrid.models.extractive import ExtractiveModel
from hybrid.testing.memory import HashingEmbedder
from hybrid.types import Passage, StageScores

MakePassage = Callable[..., Passage]


@pytest.fixture(scope="session")
def passage() -> MakePassage:
    """Make a passage that is the whole of its document."""

    def make(
        text: str,
        *,
        document: str = "docs:a.md",
        headings: Sequence[str] = (),
        rank: float | None = 12.0,
        known: float | None = 1.0,
    ) -> Passage:
        return Passage(
            document_id=document,
            uri=f"memory:{document}",
            title="A",
            version="v1",
            text=text,
            start=0,
            end=len(text),
            lines=(1, 1 + text.count("\n")),
            heading_path=tuple(headings),
            scores=StageScores(fused=1.0, rerank=rank, known=known),
        )

    return make


@pytest.fixture(scope="session")
def embed():
    return HashingEmbedder().embed_documents


@pytest.fixture(scope="session")
def model(embed) -> ExtractiveModel:
    """Refuses only where there is no evidence at all."""
    return ExtractiveModel(embed=embed, refuse_below=0.0)
