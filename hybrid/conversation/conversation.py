"""Several questions of one person, of which later ones may lean on earlier ones."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, TypedDict, Unpack

from hybrid.answering.question import checked_question
from hybrid.errors import AccessError
from hybrid.types import Answer, Principal

if TYPE_CHECKING:
    from datetime import datetime

    from hybrid.access import Narrowing
    from hybrid.answering.events import AnswerEvent
    from hybrid.answering.request import Style
    from hybrid.pipeline import Pipeline

_REMEMBERED = 10


class TurnOptions(TypedDict, total=False):
    """What a turn takes beside its question; as for ``Pipeline.ask``."""

    narrowing: Narrowing | None
    moment: datetime | None
    style: Style | None


class Conversation:
    """Questions of one principal, made by ``Pipeline.conversation``.

    It remembers the last 10 questions and nothing else: no answer and no document, so that what somebody may no longer
    read is not in it. It belongs to its principal for life. Any number of threads may use it; a question then leans on
    those that were asked before it, answered or not.

    Example:
        >>> from hybrid import Pipeline
        >>> from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
        >>> pages = [public_document("refunds.md", "Refunds for partners take 9 days.")]
        >>> conversation = Pipeline(knowledge=WordOverlapKnowledge(pages)).conversation(principal=Principal(user="ana"))
        >>> _ = conversation.ask("How many days do refunds take?")
        >>> conversation.ask("And for partners?").passages[0].document_id
        'docs:refunds.md'
        >>> conversation.questions
        ('How many days do refunds take?', 'And for partners?')

        A server asks without blocking its event loop:

        >>> import asyncio
        >>> asyncio.run(conversation.aask("And for shops?")).question
        'And for shops?'
    """

    def __init__(self, pipeline: Pipeline, *, principal: Principal) -> None:
        if not isinstance(principal, Principal):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without types
            raise AccessError("a conversation needs a principal; pass ANONYMOUS for a visitor who did not sign in")
        self._pipeline = pipeline
        self._principal = principal
        self._questions: deque[str] = deque(maxlen=_REMEMBERED)
        self._guard = threading.Lock()

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return self._principal

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions that the next one may lean on, oldest first."""
        with self._guard:
            return tuple(self._questions)

    def ask(self, question: str, **options: Unpack[TurnOptions]) -> Answer:
        """Return the answer to a question that may lean on earlier ones; arguments and errors of ``Pipeline.ask``."""
        earlier = self._remember(question)
        return self._pipeline.ask(question, principal=self._principal, earlier=earlier, **options)

    def stream(self, question: str, **options: Unpack[TurnOptions]) -> Generator[AnswerEvent, None, None]:
        """Yield what happens while a question is answered; arguments and errors of ``Pipeline.stream``."""
        earlier = self._remember(question)
        return self._pipeline.stream(question, principal=self._principal, earlier=earlier, **options)

    async def aask(self, question: str, **options: Unpack[TurnOptions]) -> Answer:
        """Do what ``ask`` does without blocking the event loop."""
        earlier = self._remember(question)
        return await self._pipeline.aask(question, principal=self._principal, earlier=earlier, **options)

    def astream(self, question: str, **options: Unpack[TurnOptions]) -> AsyncIterator[AnswerEvent]:
        """Do what ``stream`` does without blocking the event loop; the question is remembered at once."""
        earlier = self._remember(question)
        return self._pipeline.astream(question, principal=self._principal, earlier=earlier, **options)

    def clear(self) -> None:
        """Forget all questions."""
        with self._guard:
            self._questions.clear()

    def _remember(self, question: str) -> tuple[str, ...]:
        """Return the questions before this one, which from now on is one of them."""
        checked = checked_question(question)
        with self._guard:
            earlier = tuple(self._questions)
            self._questions.append(checked)
        return earlier
