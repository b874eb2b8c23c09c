"""Who leaves an asynchronous stream early ends its work, and nothing is closed while it runs."""

import asyncio
import threading
from dataclasses import replace

from hybrid import ANONYMOUS, Pipeline
from hybrid.answering.events import DoneEvent, EvidenceEvent
from hybrid.answering.request import ReplyEnd
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document


class WaitingModel:
    """Says nothing until it is let go, and knows whether it was closed."""

    name = "waiting"

    def __init__(self):
        self.asked, self.go, self.closed = threading.Event(), threading.Event(), threading.Event()

    def reply(self, request):
        try:
            self.asked.set()
            assert self.go.wait(20)
            yield request.contract.compose("answered", ["E1"])
            yield ReplyEnd(model=self.name)
        finally:
            self.closed.set()


def piped(model):
    pipeline = Pipeline(knowledge=WordOverlapKnowledge([public_document("refunds.md", "Refunds take 5 days.")]))
    pipeline.composer = replace(pipeline.composer, model=model, refuse_below=0.0)
    return pipeline


def test_a_stream_that_is_read_to_its_end_is_the_answer():
    model = WaitingModel()
    model.go.set()

    async def read():
        return [event async for event in piped(model).astream("How long do refunds take?", principal=ANONYMOUS)]

    *_, last = asyncio.run(read())
    assert isinstance(last, DoneEvent)
    assert last.answer.citations[0].quote == "Refunds take 5 days."


def test_a_cancelled_stream_waits_for_its_step_and_closes_the_model():
    model = WaitingModel()

    async def leave():
        async def read():
            async for _ in piped(model).astream("How long do refunds take?", principal=ANONYMOUS):
                pass

        task = asyncio.create_task(read())
        assert await asyncio.to_thread(model.asked.wait, 20)
        task.cancel()
        await asyncio.sleep(0.05)
        assert not model.closed.is_set()
        model.go.set()
        await asyncio.wait([task], timeout=20)
        assert task.cancelled()

    asyncio.run(leave())
    assert model.closed.wait(20)


def test_leaving_after_the_evidence_never_asks_the_model():
    model = WaitingModel()

    async def leave():
        stream = piped(model).astream("How long do refunds take?", principal=ANONYMOUS)
        async for event in stream:
            if isinstance(event, EvidenceEvent):
                break
        await stream.aclose()

    asyncio.run(leave())
    assert not model.asked.is_set()
