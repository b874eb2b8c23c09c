"""Answer checks on golden questions: do citations stand, are refusals right, does anything leak, is the format kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from hybrid.access import permits
from hybrid.contract import Contract
from hybrid.errors import ContractError, ModelError
from hybrid.evaluation.leaks import Ask
from hybrid.evaluation.questions import Question
from hybrid.evaluation.retrieval import Progress
from hybrid.protocols import Knowledge
from hybrid.types import Answer
from hybrid.verify import recheck

BLOCKING = frozenset({"citation", "leak", "format", "no answer"})
"""Kinds of faults of which not one is let through."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something wrong with one answer."""

    kind: str
    """``citation``, ``leak``, ``format``, ``no answer``, ``refusal``, ``relevance``."""

    detail: str
    """What exactly, without text of documents."""


@dataclass(frozen=True, kw_only=True)
class AnswerOutcome:
    """What one question was answered."""

    question: Question
    """The question."""

    status: str
    """Status of the answer; ``failed`` where there is none."""

    faults: tuple[Fault, ...]
    """What is wrong with it."""

    citations: int
    """Number of its citations."""

    seconds: float
    """Time until it was whole."""

    @property
    def is_right(self) -> bool:
        """Whether it is refused or answered as it should be, and an answer cites a relevant document."""
        return not self.faults


@dataclass(frozen=True, kw_only=True)
class AnswerReport:
    """The answers to all questions."""

    model: str
    """What replied."""

    outcomes: tuple[AnswerOutcome, ...]
    """In file order."""

    figures: Mapping[str, float]
    """``right``, ``answered`` (of the answerable), ``refused`` (of the others), ``relevant`` (answers that cite a
    relevant document), ``citations_stand``, ``format_kept``; from 0 to 1. Those that do not apply are left out."""

    seconds_p50: float
    """Median time of an answer."""

    seconds_p95: float
    """Time in which 95 % of the answers were whole."""

    @property
    def failures(self) -> tuple[str, ...]:
        """What must not be, one phrase for each kind."""
        found: list[str] = []
        for kind in sorted(BLOCKING):
            bad = [(each, fault) for each in self.outcomes for fault in each.faults if fault.kind == kind]
            if bad:
                outcome, fault = bad[0]
                found.append(f"{len(bad)} x {kind}, the first at question {outcome.question.id!r}: {fault.detail}")
        return tuple(found)


def check_answers(
    knowledge: Knowledge, questions: Sequence[Question], ask: Ask, contract: Contract[Any], progress: Progress
) -> AnswerReport:
    """Ask every question as its own principal, and judge the answers.

    Args:
        knowledge: Re-reads citations, and knows who may read what.
        questions: With their ground truth.
        ask: Answers them.
        contract: What answers look like.
        progress: Called as step ``answers``.
    """
    outcomes: list[AnswerOutcome] = []
    model = ""
    for done, question in enumerate(questions, start=1):
        started = perf_counter()
        try:
            answer = ask(question.text, question.principal)
        except ModelError as error:
            fault = Fault(kind="no answer", detail=str(error))
            outcomes.append(
                AnswerOutcome(
                    question=question, status="failed", faults=(fault,), citations=0, seconds=perf_counter() - started
                )
            )
        else:
            seconds, model = perf_counter() - started, answer.model
            outcomes.append(
                AnswerOutcome(
                    question=question,
                    status=answer.status,
                    faults=tuple(_faults(knowledge, question, answer, contract)),
                    citations=len(answer.citations),
                    seconds=seconds,
                )
            )
        progress("answers", done, len(questions))
    p50, p95 = np.quantile([each.seconds for each in outcomes], (0.5, 0.95))
    return AnswerReport(
        model=model,
        outcomes=tuple(outcomes),
        figures=_figures(outcomes),
        seconds_p50=float(p50),
        seconds_p95=float(p95),
    )


def _faults(knowledge: Knowledge, question: Question, answer: Answer, contract: Contract[Any]) -> Iterator[Fault]:
    yield from _citation_faults(knowledge, question, answer)
    yield from _leaks(knowledge, question, answer)
    yield from _format_faults(answer, contract)
    if question.answerable != (answer.status == "answered"):
        what = f"{answer.status} although it has an answer" if question.answerable else "answered although it has none"
        yield Fault(kind="refusal", detail=what)
    elif question.answerable and not {each.document_id for each in answer.citations} & question.relevant.keys():
        cited = ", ".join(sorted({each.document_id for each in answer.citations}))
        yield Fault(kind="relevance", detail=f"cites {cited} and no relevant document")


def _citation_faults(knowledge: Knowledge, question: Question, answer: Answer) -> Iterator[Fault]:
    for verdict in recheck(answer.citations, knowledge, question.principal):
        if verdict.standing != "stands":
            citation = verdict.citation
            yield Fault(kind="citation", detail=f"[{citation.marker}] of {citation.document_id}: {verdict.standing}")
    if answer.status == "answered" and not answer.citations:
        yield Fault(kind="citation", detail="answered without a citation")


def _leaks(knowledge: Knowledge, question: Question, answer: Answer) -> Iterator[Fault]:
    shown = [*(each.document_id for each in answer.passages), *(each.document_id for each in answer.citations)]
    for name in dict.fromkeys(shown):
        readers = knowledge.access(name)
        if readers is None or not permits(question.principal, readers[0], tenant=readers[1]):
            yield Fault(kind="leak", detail=f"{name} showed, which the principal may not read")
        elif name in question.forbidden:
            yield Fault(kind="leak", detail=f"{name} showed, which the question forbids")


def _format_faults(answer: Answer, contract: Contract[Any]) -> Iterator[Fault]:
    if answer.status == "answered" and answer.data is None:
        yield Fault(kind="format", detail="an answer without the contract's fields")
    if answer.data is not None:
        if not isinstance(answer.data, contract.model):
            yield Fault(kind="format", detail=f"it is no {contract.name}")
            return
        try:
            contract.render(answer.data)
        except ContractError as error:
            yield Fault(kind="format", detail=str(error))


def _figures(outcomes: Sequence[AnswerOutcome]) -> dict[str, float]:
    answerable = [each for each in outcomes if each.question.answerable]
    answered = [each for each in answerable if each.status == "answered"]
    parts: dict[str, list[bool]] = {
        "right": [each.is_right for each in outcomes],
        "answered": [each.status == "answered" for each in answerable],
        "refused": [each.status != "answered" for each in outcomes if not each.question.answerable],
        "relevant": [not _has(each, "relevance") for each in answered],
        "citations_stand": [not _has(each, "citation") for each in outcomes],
        "format_kept": [not _has(each, "format") and not _has(each, "no answer") for each in outcomes],
    }
    return {name: sum(good) / len(good) for name, good in parts.items() if good}


def _has(outcome: AnswerOutcome, kind: str) -> bool:
    return any(fault.kind == kind for fault in outcome.faults)
