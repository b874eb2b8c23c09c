"""A conversation leans on its own principal's questions and on nothing else."""

import asyncio
import threading
from dataclasses import replace

import pytest

from hybrid import ANONYMOUS, Pipeline, Principal
from hybrid.answering.events import DoneEvent
from hybrid.conversation.standalone import Standalone
from hybrid.errors import AccessError, ConfigError
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.verify import CLARIFY

ANA, BEN = Principal(user="ana"), Principal(user="ben")
SECRET = "The zanzibar merger closes in May 2027."


class RecordingRewriter:
    """Takes questions as they stand and keeps what it was shown."""

    def __init__(self):
        self.shown = []

    def standalone(self, question, earlier):
        self.shown.append((question, tuple(earlier)))
        return Standalone(question=question)


@pytest.fixture
def pipeline():
    knowledge = WordOverlapKnowledge(
        [
            public_document("refunds.md", "Refunds take 5 days.\n\nRefunds for partners take 9 days."),
            public_document("merger.md", SECRET, readers=["user:ana"]),
        ]
    )
    pipeline = Pipeline(knowledge=knowledge)
    pipeline.composer = replace(pipeline.composer, refuse_below=0.0)
    return pipeline


def test_a_follow_up_is_answered_from_its_topic(pipeline):
    conversation = pipeline.conversation(principal=BEN)
    conversation.ask("How many days do refunds take?")
    answer = conversation.ask("And for partners?")
    assert answer.citations[0].quote == "Refunds for partners take 9 days."
    assert answer.question == "And for partners?"
    assert conversation.questions == ("How many days do refunds take?", "And for partners?")


def test_a_stream_is_remembered_like_an_answer_and_ends_with_one(pipeline):
    conversation = pipeline.conversation(principal=BEN)
    *_, last = conversation.stream("How many days do refunds take?")
    assert isinstance(last, DoneEvent)
    *_, last = conversation.stream("And for partners?")
    assert last.answer.citations[0].quote == "Refunds for partners take 9 days."


def test_from_an_event_loop_it_is_the_same_conversation(pipeline):
    conversation = pipeline.conversation(principal=BEN)

    async def talk():
        await conversation.aask("How many days do refunds take?")
        *_, last = [event async for event in conversation.astream("And for partners?")]
        return last.answer

    assert asyncio.run(talk()).citations[0].quote == "Refunds for partners take 9 days."
    assert conversation.questions == ("How many days do refunds take?", "And for partners?")


def test_what_the_loop_asks_first_is_leant_on_although_its_answer_is_not_there_yet(pipeline):
    rewriter = pipeline.rewriter = RecordingRewriter()
    conversation = pipeline.conversation(principal=BEN)

    async def talk():
        unread = conversation.astream("How many days do refunds take?")
        await conversation.aask("And for partners?")
        return [event async for event in unread]

    *_, last = asyncio.run(talk())
    assert isinstance(last, DoneEvent)
    assert rewriter.shown == [
        ("And for partners?", ("How many days do refunds take?",)),
        ("How many days do refunds take?", ()),
    ]


def test_a_question_that_says_nothing_is_asked_back_and_searched_for_nothing(pipeline):
    answer = pipeline.conversation(principal=BEN).ask("And then?")
    assert (answer.status, answer.text, answer.passages) == ("clarify", CLARIFY, ())


def test_clearing_forgets(pipeline):
    conversation = pipeline.conversation(principal=BEN)
    conversation.ask("How many days do refunds take?")
    conversation.clear()
    assert conversation.questions == ()
    assert conversation.ask("why?").status == "clarify"


def test_ten_questions_are_remembered(pipeline):
    pipeline.rewriter = RecordingRewriter()
    conversation = pipeline.conversation(principal=BEN)
    for number in range(15):
        conversation.ask(f"refunds {number}")
    assert conversation.questions == tuple(f"refunds {number}" for number in range(5, 15))
    assert max(len(earlier) for _, earlier in pipeline.rewriter.shown) == 10


@pytest.mark.parametrize("question", ["", "x" * 20_001, "caf\udce9"])
def test_what_is_no_question_is_refused_and_not_remembered(pipeline, question):
    conversation = pipeline.conversation(principal=BEN)
    with pytest.raises(ConfigError, match="question"):
        conversation.ask(question)
    with pytest.raises(ConfigError, match="question"):
        conversation.stream(question)
    assert conversation.questions == ()


def test_a_conversation_belongs_to_its_principal_for_life(pipeline):
    conversation = pipeline.conversation(principal=ANA)
    assert conversation.principal == ANA
    with pytest.raises(AttributeError):
        conversation.principal = BEN
    with pytest.raises(AccessError, match="ANONYMOUS"):
        pipeline.conversation(principal=None)
    with pytest.raises(TypeError):
        conversation.ask("refunds", principal=BEN)


def test_history_of_one_principal_never_reaches_another(pipeline):
    """Many threads, two principals, one pipeline: a question is only ever completed from its own person's."""
    pipeline.rewriter = RecordingRewriter()
    conversations = {"ana": pipeline.conversation(principal=ANA), "ben": pipeline.conversation(principal=BEN)}

    def ask(name, thread):
        for number in range(20):
            conversations[name].ask(f"{name} refunds {thread} {number}")

    threads = [threading.Thread(target=ask, args=(name, thread)) for name in conversations for thread in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pipeline.rewriter.shown) == 120
    for question, earlier in pipeline.rewriter.shown:
        assert all(each.split()[0] == question.split()[0] for each in earlier)


def test_answers_are_no_part_of_the_history(pipeline):
    """After ten turns about a document that was closed to the person, nothing of it is left anywhere they ask."""
    mine = pipeline.conversation(principal=ANA)
    for _ in range(10):
        assert "May 2027" in mine.ask("When does the zanzibar merger close?").text
    assert "May 2027" not in repr(mine.questions)
    pipeline.rewriter = RecordingRewriter()
    mine.ask("why?")
    assert "May 2027" not in repr(pipeline.rewriter.shown)
    for principal in (BEN, ANONYMOUS):
        theirs = pipeline.conversation(principal=principal)
        for question in (*mine.questions, "And when?", "What about it?"):
            assert "May 2027" not in repr(theirs.ask(question))
