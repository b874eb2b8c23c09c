"""Whatever a model sends: each citation re-reads verbatim, each marker has one, and a stream tells nothing else."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from malice import MaliciousModel, document

from hybrid.answering.assembly import default_composer
from hybrid.answering.composer import Composer
from hybrid.answering.events import AnswerEvent, CitationEvent, DoneEvent, TextEvent
from hybrid.answering.request import ReplyPieces, ReplyRequest
from hybrid.pipeline import Pipeline
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker
from hybrid.types import ANONYMOUS, Access, Answer, Document, Principal, StoredDocument
from hybrid.verify import REFUSAL
from hybrid_indexes.knowledge import KnowledgeBase

MARKER = re.compile(r"\[(\d+)\]")
LIVE_MARKER = re.compile(r"(?<!\\)\[(\d+)\]")


class Changing(WordOverlapKnowledge):
    """Documents that become others, or nobody's, after so many reads."""

    def __init__(self, documents: list[Document], *, reads: int, later: list[Document]) -> None:
        super().__init__(documents)
        self._reads, self._later = reads, WordOverlapKnowledge(later)

    def document(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        self._reads -= 1
        return (super() if self._reads >= 0 else self._later).document(document_id, principal=principal)


def composed(composer: Composer, *, question: str = "What about the refund?") -> list[AnswerEvent]:
    passages = composer.knowledge.search(question, principal=ANONYMOUS, limit=8).passages
    return list(composer.compose(question, passages, principal=ANONYMOUS, stream=True))


def check(events: Iterable[AnswerEvent], documents: dict[str, StoredDocument | None]) -> Answer:
    """Assert what holds of every stream, and return its answer."""
    text, known = "", set[int]()
    *before, done = events
    assert isinstance(done, DoneEvent)
    for event in before:
        if isinstance(event, CitationEvent):
            known.add(event.citation.marker)
        elif isinstance(event, TextEvent):
            text = event.text if event.replaces else text + event.text
            assert {int(marker) for marker in MARKER.findall(text)} <= known
    answer = done.answer
    assert text == answer.text
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    assert {int(marker) for marker in MARKER.findall(answer.text)} == set(markers)
    assert {int(marker) for marker in LIVE_MARKER.findall(answer.markdown)} == set(markers)
    assert (answer.status == "answered") == bool(markers)
    for citation in answer.citations:
        stored = documents[citation.document_id]
        assert stored is not None
        assert citation.verified
        assert (citation.version, citation.uri) == (stored.version, stored.uri)
        assert stored.text[citation.start : citation.end] == citation.quote != ""
        first, last = citation.lines
        assert citation.quote in "\n".join(stored.text.split("\n")[first - 1 : last])
    return answer


def fuzz(seed: int) -> Answer:
    chance = random.Random(seed)
    documents = [document(chance, f"{name}.md") for name in "abcd"[: chance.randint(1, 4)]]
    knowledge = WordOverlapKnowledge(documents)
    composer = default_composer(knowledge, model=MaliciousModel(chance=chance), refuse_below=0.0)
    stored = {each.id: knowledge.document(each.id, principal=ANONYMOUS) for each in documents}
    return check(composed(composer), stored)


def test_every_citation_of_500_fuzzed_answers_re_reads_verbatim() -> None:
    answers = [fuzz(seed) for seed in range(500)]
    # Half of them answer: the fuzz reaches what it is meant to check.
    assert sum(answer.status == "answered" for answer in answers) > 150
    verdicts = {slot.verdict for answer in answers for slot in answer.checks}
    assert verdicts == {"verbatim", "supported", "repaired", "dropped"}


@pytest.mark.nightly
def test_every_citation_of_10000_fuzzed_answers_re_reads_verbatim() -> None:
    for seed in range(1_000, 11_000):
        fuzz(seed)


def later(kind: str, now: list[Document]) -> list[Document]:
    match kind:
        case "changed":
            return [replace(each, text="Now: " + each.text) for each in now]
        case "closed":
            return [replace(each, access=Access(readers=("user:ben",))) for each in now]
        case _:
            return []


@pytest.mark.parametrize("kind", ["gone", "changed", "closed"])
def test_documents_that_change_between_search_and_answer_leave_a_refusal(kind: str) -> None:
    for seed in range(40):
        chance = random.Random(seed)
        now = [document(chance, f"{name}.md") for name in "ab"]
        knowledge = Changing(now, reads=0, later=later(kind, now))
        answer = check(composed(default_composer(knowledge, model=MaliciousModel(chance=chance), refuse_below=0.0)), {})
        assert answer.status == "clarify" or answer.text == REFUSAL
        assert (answer.citations, answer.passages) == ((), ())


@pytest.mark.parametrize("kind", ["gone", "changed", "closed"])
def test_documents_that_change_at_any_moment_leave_no_false_citation(kind: str) -> None:
    statuses = set()
    for seed in range(100):
        chance = random.Random(seed)
        now = [document(chance, f"{name}.md") for name in "ab"]
        knowledge = Changing(now, reads=chance.randrange(30), later=later(kind, now))
        original = WordOverlapKnowledge(now)
        stored = {each.id: original.document(each.id, principal=ANONYMOUS) for each in now}
        composer = default_composer(knowledge, model=MaliciousModel(chance=chance), refuse_below=0.0)
        statuses.add(check(composed(composer), stored).status)
    assert {"answered", "refused"} <= statuses


def test_an_answer_of_the_real_index_re_reads_verbatim(tmp_path) -> None:
    chance = random.Random(3)
    source = MemoryConnector(name="docs")
    source.documents = {f"{number}.md": document(chance, f"{number}.md") for number in range(12)}
    knowledge = KnowledgeBase(tmp_path, embedder=HashingEmbedder(), chunker=ParagraphChunker())
    composer = default_composer(knowledge, model=MaliciousModel(chance=chance), refuse_below=0.0)
    with Pipeline(knowledge=knowledge, connectors=[source], composer=composer) as pipeline:
        assert not pipeline.sync().failures
        stored = {id_: pipeline.source(id_, principal=ANONYMOUS) for id_ in knowledge.document_ids()}
        statuses = set()
        for _ in range(60):
            question = " ".join(chance.sample(["refund", "gateway", "pool", "plan", "invoice", "alarm"], k=3))
            answer = check(pipeline.stream(question, principal=ANONYMOUS), stored)
            statuses.add(answer.status)
            assert all(
                verdict.standing == "stands" for verdict in pipeline.recheck(answer.citations, principal=ANONYMOUS)
            )
        assert "answered" in statuses


class Saying:
    """Sends the same pieces whatever is asked."""

    name = "saying"

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = pieces

    def reply(self, request: ReplyRequest) -> ReplyPieces:
        yield from self._pieces


def said(*pieces: str) -> Answer:
    knowledge = WordOverlapKnowledge([public_document("a.md", "Refunds take 5 days.")])
    composer = default_composer(knowledge, model=Saying(pieces), refuse_below=0.0)
    stored = {"docs:a.md": knowledge.document("docs:a.md", principal=ANONYMOUS)}
    return check(composed(composer, question="refunds"), stored)


def test_a_reply_without_an_end_becomes_a_refusal() -> None:
    answer = said('{"status": "answered", "opening": "', *["a" * 5_000] * 20)
    assert answer.text == REFUSAL
    assert "longer than" in answer.checks[0].reason


@pytest.mark.parametrize(
    ("claim", "text", "verdict"),
    [
        ("Refunds take five days.", "Refunds take five days. [1]", "supported"),
        ("Refunds take 9 days.", "Refunds take 5 days. [1]", "repaired"),
        ("Refunds take 5 days [1].", "Refunds take 5 days. [1]", "repaired"),
    ],
)
def test_a_claim_that_does_not_stand_becomes_its_evidence(claim: str, text: str, verdict: str) -> None:
    fact = f'{{"text": "{claim}", "evidence": ["E1"]}}'
    answer = said(f'{{"status": "answered", "opening": "", "evidence": [{fact}], "closing": ""}}')
    assert (answer.text, answer.checks[0].verdict) == (text, verdict)
