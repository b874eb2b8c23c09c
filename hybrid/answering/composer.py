"""From a question and its passages to an answer, event by event."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from hybrid import tracing
from hybrid.answering.events import AnswerEvent, CitationEvent, DoneEvent, TextEvent
from hybrid.answering.request import Limits, ReplyEnd, ReplyRequest, Restart, Style
from hybrid.answering.resolving import Resolved, resolve
from hybrid.claims.judgement import ClaimJudge
from hybrid.contract import Contract
from hybrid.errors import ReplyError
from hybrid.evidence.selection import Selection, Selector
from hybrid.protocols import Knowledge, Model
from hybrid.types import Answer, Citation, Evidence, Passage, Principal, SlotCheck
from hybrid.verify import CLARIFY, REFUSAL, keep_verified

# A reply is read again with each piece, so one without an end would take all time and memory there is.
_LONGEST_REPLY = 50_000


@dataclass(frozen=True, kw_only=True)
class Composer:
    """The stages between a search and an answer, each replaceable.

    Example:
        >>> from dataclasses import replace
        >>> # Another model, the rest as it is: replace(pipeline.composer, model=MyModel())
    """

    knowledge: Knowledge
    """Re-reads every citation."""

    model: Model
    """Writes the reply."""

    selector: Selector
    """Chooses the evidence."""

    judge: ClaimJudge
    """Compares claims with what they cite."""

    contract: Contract[Any]
    """What a reply looks like."""

    refuse_below: float
    """Support in [0, 1] below which a question is refused without asking the model."""

    style: Style = field(default_factory=Style)
    """How the model speaks unless a question says otherwise."""

    limits: Limits = field(default_factory=Limits)
    """How long the model may take unless a question says otherwise."""

    def compose(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        principal: Principal,
        stream: bool,
        recording: tracing.Recording = tracing.NOTHING,
    ) -> Iterator[AnswerEvent]:
        """Yield citations and text as they become certain, and at the end the whole answer.

        Args:
            question: The question, standing by itself.
            passages: What the search found for the principal.
            principal: Who asks.
            stream: Whether events before the end are wanted.
            recording: Of which trace the stages are part.

        Raises:
            ModelError: The model is busy, too slow, or cannot be reached.
        """
        started = time.perf_counter()
        with recording.stage("evidence") as evidence:
            selection = self.selector.select(question, passages)
            evidence.note({tracing.EVIDENCE: len(selection.evidence), tracing.SUPPORT: selection.support})
        selected = time.perf_counter()
        shown = _Shown()
        answer = self._refusal(question, passages, selection)
        if selection.evidence and selection.support >= self.refuse_below:
            said = {tracing.OPERATION: "chat", tracing.PROVIDER: "hybrid", tracing.REQUEST_MODEL: self.model.name}
            with recording.stage("chat", said) as chat:
                answer = yield from self._replied(answer, selection, principal, shown if stream else None)
                chat.note(_used(answer))
        replied = time.perf_counter()
        with recording.stage("verify") as verifying:
            answer = keep_verified(answer, self.knowledge, principal)
            verifying.note({tracing.CITATIONS: len(answer.citations)})
        if stream:
            yield from shown.show(answer.citations, answer.text, last=True)
        timings = {
            "select": selected - started,
            "reply": replied - selected,
            "verify": time.perf_counter() - replied,
        }
        answer = replace(answer, timings=timings)
        yield DoneEvent(answer=answer)

    def request(self, question: str, evidence: Sequence[Evidence]) -> ReplyRequest:
        """Return what the model is asked; training rows are made of the same.

        Args:
            question: The question, standing by itself.
            evidence: What the reply may point at, numbered.
        """
        return ReplyRequest(
            question=question,
            evidence=tuple(evidence),
            contract=self.contract,
            style=self.style,
            limits=self.limits,
        )

    def _refusal(self, question: str, passages: Sequence[Passage], selection: Selection) -> Answer:
        return Answer(
            question=question,
            status="refused",
            text=REFUSAL,
            markdown=REFUSAL,
            passages=tuple(passages),
            support=selection.support,
            model=self.model.name,
            contract_hash=self.contract.hash,
        )

    def _replied(
        self, refusal: Answer, selection: Selection, principal: Principal, shown: _Shown | None
    ) -> Generator[AnswerEvent, None, Answer]:
        request = self.request(refusal.question, selection.evidence)
        written = ""
        seen: BaseModel | None = None
        end = ReplyEnd(model=self.model.name)
        try:
            for piece in self.model.reply(request):
                if isinstance(piece, ReplyEnd):
                    end = piece
                    continue
                if isinstance(piece, Restart):
                    written = ""
                    continue
                written = _extended(written, piece)
                if shown is not None and (partial := self.contract.parse_partial(written)) not in (None, seen):
                    seen = partial
                    resolved = self._resolved(partial, selection.evidence, principal)
                    yield from shown.show(resolved.citations, self.contract.render(resolved.reply))
            reply = self.contract.parse(written)
        except ReplyError as error:
            check = SlotCheck(path="", verdict="dropped", reason=str(error))
            return replace(refusal, checks=(check,), **_end(end))
        resolved = self._resolved(reply, selection.evidence, principal)
        return self._answer(replace(refusal, checks=resolved.checks, **_end(end)), resolved)

    def _resolved(self, reply: BaseModel, evidence: Sequence[Evidence], principal: Principal) -> Resolved:
        # Only an answer shows evidence: a refusal that points at some would be both.
        pointed = evidence if _status(reply) == "answered" else ()
        return resolve(self.contract, reply, pointed, knowledge=self.knowledge, principal=principal, judge=self.judge)

    def _answer(self, refusal: Answer, resolved: Resolved) -> Answer:
        status = _status(resolved.reply)
        if status == "answered" and not resolved.citations:
            return refusal
        default = {"refused": REFUSAL, "clarify": CLARIFY}.get(status, "")
        return replace(
            refusal,
            status=status,
            data=resolved.reply,
            citations=resolved.citations,
            text=self.contract.render(resolved.reply) or default,
            markdown=self.contract.render(resolved.reply, "markdown") or default,
        )


class _Shown:
    """What a reader has seen of an answer so far."""

    def __init__(self) -> None:
        self._text = ""
        self._citations: dict[int, Citation] = {}

    def show(self, citations: Sequence[Citation], text: str, *, last: bool = False) -> Iterator[AnswerEvent]:
        """Yield what is new: citations first, then the text that may name them."""
        for citation in citations:
            if self._citations.get(citation.marker) != citation:
                self._citations[citation.marker] = citation
                yield CitationEvent(citation=citation)
        if text.startswith(self._text):
            if more := text[len(self._text) :]:
                self._text = text
                yield TextEvent(text=more)
        elif last:
            self._text = text
            yield TextEvent(text=text, replaces=True)


def _extended(written: str, piece: str) -> str:
    if len(written) + len(piece) > _LONGEST_REPLY:
        raise ReplyError(f"the model's reply is longer than {_LONGEST_REPLY:,} characters; no contract needs so many")
    return written + piece


def _status(reply: BaseModel) -> Any:
    return getattr(reply, "status")  # noqa: B009  every contract has one, but the base class does not say so


def _used(answer: Answer) -> tracing.Attributes:
    tokens = answer.tokens
    counts = {tracing.INPUT_TOKENS: tokens.prompt, tracing.OUTPUT_TOKENS: tokens.reply} if tokens else {}
    return {tracing.RESPONSE_MODEL: answer.model, **counts}


def _end(end: ReplyEnd) -> dict[str, Any]:
    return {"model": end.model, "tokens": end.tokens, "prompt_hash": end.prompt_hash, "cost": end.cost}
