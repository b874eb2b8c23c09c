"""What one question's result is in words, shared by the JUnit file and the HTML page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from hybrid.evaluation.check import RecallReport
from hybrid.evaluation.metrics import CHECKED_K, HEADLINE
from hybrid.evaluation.questions import Question
from hybrid.evaluation.report.numbers import score
from hybrid.evaluation.retrieval import Outcome


@dataclass(frozen=True, kw_only=True)
class Result:
    """One question's result."""

    question: Question
    """The question."""

    summary: str
    """What it got, in a few words."""

    faults: tuple[str, ...]
    """What is wrong with it, one phrase each; empty when all is well."""

    seconds: float
    """Time of its search."""


def question_results(report: RecallReport) -> Iterator[Result]:
    """Yield each question's result in file order."""
    faults = _faults(report)
    supports = {support.question.id: support.value for support in report.supports}
    for outcome in report.outcomes:
        question = outcome.question
        support = supports.get(question.id)
        if question.answerable:
            summary = _rank_summary(outcome)
        else:
            summary = "must be refused" if support is None else f"must be refused; support {score(support)}"
        yield Result(question=question, summary=summary, faults=tuple(faults[question.id]), seconds=outcome.seconds)


def _rank_summary(outcome: Outcome) -> str:
    ranks = (rank for rank, name in enumerate(outcome.documents, start=1) if name in outcome.question.relevant)
    first = next(ranks, None)
    if first is None:
        return f"not among the first {len(outcome.documents)} documents"
    partly = f", {HEADLINE} {score(outcome.scores[HEADLINE])}" if 0 < outcome.scores[HEADLINE] < 1 else ""
    return f"first relevant document at rank {first}{partly}"


def _faults(report: RecallReport) -> defaultdict[str, list[str]]:
    faults: defaultdict[str, list[str]] = defaultdict(list)
    for miss in report.missed_documents:
        faults[miss.question.id].append(f"{miss.expected} is not among the first {CHECKED_K}: {miss.stage}")
    for leak in report.matrix.leaks:
        faults[leak.question.id].append(f"leak: {leak.document_id} showed as {leak.where}")
    if report.refusal:
        for support in report.refusal.supports:
            refused = support.value < report.refusal.threshold
            if refused == support.question.answerable:
                fault = "refused although it has an answer" if refused else "not refused although it has no answer"
                faults[support.question.id].append(f"{fault}: support {score(support.value)}")
    return faults
