"""Facts follow the index: what a document says now is what is answered now, without a restart."""

from __future__ import annotations

from pathlib import Path

from hybrid.answering.assembly import default_composer
from hybrid.pipeline import Pipeline
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import ANONYMOUS, Answer, Document
from hybrid_indexes.knowledge import KnowledgeBase

PLACES = ("pool", "gateway", "sauna", "kiosk", "garage", "cellar", "tower", "bridge", "harbour", "stable")
THINGS = ("ticket", "deposit", "fine", "locker", "lesson")
TOPICS = [f"{place} {thing}" for place in PLACES for thing in THINGS]


def pages(price: int) -> dict[str, Document]:
    return {
        f"{number}.md": memory_document(
            f"{number}.md", f"# Prices\n\nA {topic} costs €{price + number} per day. Ask at the desk of the {topic}."
        )
        for number, topic in enumerate(TOPICS)
    }


def asked(pipeline: Pipeline) -> list[Answer]:
    return [pipeline.ask(f"How much does a {topic} cost per day?", principal=ANONYMOUS) for topic in TOPICS]


def test_50_of_50_answers_change_with_their_documents(tmp_path: Path) -> None:
    source = MemoryConnector(documents=pages(1_000))
    knowledge = KnowledgeBase(tmp_path, embedder=HashingEmbedder(dimension=256), chunker=ParagraphChunker())
    composer = default_composer(knowledge, refuse_below=0.0)
    with Pipeline(knowledge=knowledge, connectors=[source], composer=composer) as pipeline:
        pipeline.sync()
        old = asked(pipeline)
        source.documents = pages(5_000)
        assert pipeline.sync().counts["changed"] == len(TOPICS) == 50
        new = asked(pipeline)
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            assert f"€{1_000 + number} " in before.citations[0].quote
            assert f"€{5_000 + number} " in after.citations[0].quote
            assert "€1" not in repr(after)
            assert {c.version for c in before.citations}.isdisjoint(c.version for c in after.citations)
            standings = [verdict.standing for verdict in pipeline.recheck(before.citations[:1], principal=ANONYMOUS)]
            assert standings == ["changed"]
