"""Passages out of a few lines, and an embedder without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from hybrid.answering.assembly import default_composer
from hybrid.answering.events import DoneEvent
from hybrid.evidence.scoring import Embed
from hybrid.evidence.selection import ScoringSelector
from hybrid.testing.knowledge import WordOverlapKnowledge
from hybrid.testing.memory import HashingEmbedder
from hybrid.types import ANONYMOUS, Access, Answer, Document, Passage, StageScores

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


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Asks the extractive model about passages, each of which is the whole of its document."""

    embed: Embed
    refuse_below: float = 0.0

    def answer(self, question: str, passages: Sequence[Passage]) -> Answer:
        knowledge = WordOverlapKnowledge([_document(passage) for passage in passages])
        stored = [
            replace(passage, version=found.version)
            for passage in passages
            if (found := knowledge.document(passage.document_id, principal=ANONYMOUS))
        ]
        composer = replace(
            default_composer(knowledge, refuse_below=self.refuse_below), selector=ScoringSelector(embed=self.embed)
        )
        (done,) = composer.compose(question, stored, principal=ANONYMOUS, stream=False)
        assert isinstance(done, DoneEvent)
        return done.answer


def _document(passage: Passage) -> Document:
    source, _, path = passage.document_id.partition(":")
    access = Access(readers=("public",))
    return Document(source=source, path=path, uri=passage.uri, title=passage.title, text=passage.text, access=access)


@pytest.fixture(scope="session")
def model(embed) -> Asker:
    """Refuses only where there is no evidence at all."""
    return Asker(embed=embed)
