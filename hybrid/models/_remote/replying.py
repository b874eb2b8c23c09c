"""One reply: calls that fail are repeated, a reply that breaks the contract is repaired once, then others are asked."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count

from hybrid.answering.request import ReplyEnd, ReplyPieces, ReplyRequest, Restart
from hybrid.errors import DeadlineError
from hybrid.models._remote.asking import Asked, Served, asked
from hybrid.models._remote.call import heard
from hybrid.models._remote.checking import problem_of
from hybrid.models._remote.clock import Clock
from hybrid.models._remote.failures import CallFailed
from hybrid.models._remote.json_object import ObjectReader
from hybrid.models._remote.loop import LoopLease
from hybrid.models._remote.patience import pause_after
from hybrid.models._remote.spending import Spending
from hybrid.types import TokenCounts

_LOG = logging.getLogger(__name__)

_Pieces = Generator[str | Restart | ReplyEnd, None, None]


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What a model said."""

    json: str
    """The JSON object in it."""

    whole: str


class Reply:
    """The calls that one request takes.

    Args:
        request: What is asked.
        chain: Models in the order in which they are asked.
        lease: Keeps running where calls run.
    """

    def __init__(self, request: ReplyRequest, chain: Sequence[Served], lease: LoopLease) -> None:
        self._request = request
        self._chain = chain
        self._lease = lease
        self._clock = Clock(request.limits)
        self._spending = Spending()
        self._begun = False

    def pieces(self) -> ReplyPieces:
        """Yield the pieces of the first model that gives a reply.

        Raises:
            DeadlineError: The last model that was asked took too long.
            ModelError: It could not be asked.
            ReplyError: It broke the contract twice.
        """
        failed: CallFailed | DeadlineError | None = None
        last = self._chain[0]
        for last in self._chain:
            try:
                yield from self._of(last)
                return
            except (CallFailed, DeadlineError) as error:
                failed = error
                _LOG.warning("remote model %s gave no answer: %s", last.name, error)
            if not self._clock.left:
                break
        assert failed is not None
        try:
            raise (failed.for_user(last.name) if isinstance(failed, CallFailed) else failed) from None
        finally:
            # A frame and the error raised in it would keep each other, and with them the loop.
            del failed

    def _of(self, served: Served) -> _Pieces:
        question = asked(served, self._request)
        said = yield from self._patiently(question)
        if problem := problem_of(question.request, said.json):
            _LOG.info("remote model %s is asked to mend its reply", served.name)
            question = question.repair(said.whole, problem)
            said = yield from self._patiently(question)
        yield ReplyEnd(
            model=f"remote:{served.name}",
            tokens=self._spending.tokens,
            prompt_hash=question.prompt_hash,
            cost=self._spending.cost,
        )
        # Ids that are no evidence need no error: they are dropped one by one when the reply is resolved.
        question.request.contract.parse(said.json)

    def _patiently(self, question: Asked) -> Generator[str | Restart, None, _Said]:
        for repeats in count():
            try:
                return (yield from self._once(question))
            except CallFailed as failed:
                pause = pause_after(failed, repeats)
                if pause is None or pause >= self._clock.left:
                    raise
                _LOG.info("remote model %s is asked again: %s", question.served.name, failed)
                time.sleep(pause)
        raise AssertionError("count never ends")

    def _once(self, question: Asked) -> Generator[str | Restart, None, _Said]:
        if self._begun:
            self._begun = False
            yield Restart()
        reader = ObjectReader()
        whole: list[str] = []
        with closing(heard(self._lease.loop, self._clock, question.parameters())) as pieces:
            try:
                for piece in pieces:
                    if isinstance(piece, TokenCounts):
                        self._spending.add(question.served.name, piece)
                        continue
                    whole.append(piece)
                    if part := reader.feed(piece):
                        self._begun = True
                        yield part
            except (CallFailed, DeadlineError):
                # A service may forget to end what is complete.
                if not reader.complete:
                    raise
        return _Said(json=reader.text, whole="".join(whole))
