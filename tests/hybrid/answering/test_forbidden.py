"""What a person may not read reaches nothing that was made for them: prompt, cache, log, trace, answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from hybrid.answering.assembly import default_composer
from hybrid.answering.prompt import messages
from hybrid.answering.request import ReplyPieces, ReplyRequest
from hybrid.models.extractive import ExtractiveModel
from hybrid.pipeline import Pipeline
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import Access, Document, Principal
from hybrid_indexes.knowledge import KnowledgeBase

ANA, BEN = Principal(user="ana"), Principal(user="ben")
SECRETS = ("Zorbleflax", "zorbleflax", "481516", "Quuxington", "quuxington")
SECRET_TEXT = """# Zorbleflax plan

The refund limit of Quuxington is €481516. Invoices of the Quuxington gateway are paid at night.

The pool alarm rings for Quuxington only. Every plan of Zorbleflax has a chlorine probe, a key and a shift.
"""
TOPICS = ("refund", "gateway", "pool", "alarm", "invoice", "plan", "probe", "key", "shift", "chlorine")
CONVERSATION = tuple(f"What is the {topic} limit, and who has it?" for topic in TOPICS[:-1]) + ("And what about it?",)


@dataclass(kw_only=True)
class WatchedEmbedder(HashingEmbedder):
    """Remembers every text it was asked about; the cache of vectors holds nothing else."""

    texts: list[str] = field(default_factory=list)

    def embed_documents(self, texts: Sequence[str]) -> Any:
        self.texts.extend(texts)
        return super().embed_documents(texts)


@dataclass(kw_only=True)
class WatchedModel:
    """Answers as the extractive model does, and keeps the prompt that another model would have read."""

    name: str = "watched"
    prompts: list[str] = field(default_factory=list)

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        self.prompts.append(repr(messages(request)) + repr(request))
        return ExtractiveModel().reply(request)


class Site:
    """A pipeline of public pages and one that is not, over the embedded engine."""

    def __init__(self, folder: Path, secret: Access) -> None:
        self.embedder, self.model = WatchedEmbedder(), WatchedModel()
        self.source = MemoryConnector(documents={f"{topic}.md": _page(topic) for topic in TOPICS})
        self.secret(secret)
        knowledge = KnowledgeBase(folder, embedder=self.embedder, chunker=ParagraphChunker())
        composer = default_composer(knowledge, model=self.model, refuse_below=0.0)
        self.pipeline = Pipeline(knowledge=knowledge, connectors=[self.source], composer=composer)
        self.sync()

    def secret(self, access: Access) -> None:
        document = memory_document("zorbleflax.md", SECRET_TEXT, access=access)
        self.source.documents["zorbleflax.md"] = replace(document, title="Zorbleflax plan")

    def sync(self) -> None:
        assert not self.pipeline.sync().failures
        self.embedder.texts.clear()

    def conversation(self, principal: Principal) -> Iterator[str]:
        """Yield everything that ten turns show."""
        for turn, question in enumerate(CONVERSATION):
            earlier = CONVERSATION[:turn]
            yield repr(self.pipeline.ask(question, principal=principal, earlier=earlier))
            yield repr(list(self.pipeline.stream(question, principal=principal, earlier=earlier)))
            yield repr(self.pipeline.search(question, principal=principal, limit=100))
            yield repr(self.pipeline.knowledge.trace(question, principal=principal))

    def surfaces(self, principal: Principal, caplog: pytest.LogCaptureFixture) -> dict[str, str]:
        shown = "".join(self.conversation(principal))
        return {
            "answers, events and traces": shown,
            "prompts": "".join(self.model.prompts),
            "texts in the cache of vectors": "\n".join(self.embedder.texts),
            "log": caplog.text,
        }


def _page(topic: str) -> Document:
    return memory_document(
        f"{topic}.md", f"# The {topic}\n\nThe {topic} limit is {len(topic)} units. Ask the {topic} lead."
    )


@pytest.fixture
def opened(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Any]:
    caplog.set_level(logging.DEBUG)
    sites: list[Site] = []

    def open_site(secret: Access) -> Site:
        sites.append(Site(tmp_path / str(len(sites)), secret))
        return sites[-1]

    yield open_site
    for site in sites:
        site.pipeline.close()


def leaks(surfaces: dict[str, str]) -> list[str]:
    return [name for name, text in surfaces.items() if any(secret in text for secret in SECRETS)]


def test_ten_turns_show_not_one_byte_of_a_forbidden_document(opened, caplog, capfd) -> None:
    site = opened(Access(readers=("user:ben",)))
    surfaces = site.surfaces(ANA, caplog)
    printed = capfd.readouterr()
    assert leaks({**surfaces, "output": printed.out + printed.err}) == []
    assert surfaces["answers, events and traces"].count("status='answered'") >= 2 * 9
    assert len(site.model.prompts) >= 2 * 9


def test_the_check_can_fail(opened, caplog) -> None:
    site = opened(Access(readers=("user:ben",)))
    assert set(leaks(site.surfaces(BEN, caplog))) == {
        "answers, events and traces",
        "prompts",
        "texts in the cache of vectors",
    }


def test_a_document_closed_in_the_middle_of_a_conversation_is_gone_from_the_next_turn(opened, caplog) -> None:
    site = opened(Access(readers=("public",)))
    assert leaks(site.surfaces(ANA, caplog))
    site.secret(Access(readers=("user:ben",)))
    site.sync()
    site.model.prompts.clear()
    caplog.clear()
    assert leaks(site.surfaces(ANA, caplog)) == []
    assert leaks(site.surfaces(BEN, caplog))
