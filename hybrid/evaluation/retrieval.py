"""Runs golden questions through a knowledge base and scores what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from hybrid.evaluation.metrics import METRICS, distinct
from hybrid.evaluation.places import covers
from hybrid.evaluation.questions import Question, Target
from hybrid.protocols import Knowledge
from hybrid.types import Passage

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done, and how much there is."""

DEPTH = 20
"""Distinct documents collected for each question; what the recall curve needs."""

FIRST_LIMIT = 50
"""Passages asked for at first; 20 distinct documents seldom need more."""

_GROWTH = 4
_LAST_LIMIT = 3_200


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one question got."""

    question: Question
    """The question."""

    documents: tuple[str, ...]
    """Distinct documents, best first, up to ``DEPTH``."""

    scores: Mapping[str, float]
    """Score by metric; empty where the question is not answerable."""

    covered_at: tuple[int | None, ...]
    """For each target that names a place: how many distinct documents one reads until a passage holds it whole."""

    shown: frozenset[str]
    """Every document of which a passage came back, at any rank; the leak check judges each."""

    top_score: float
    """Score of the best passage: cosine similarity where there is one, 0 where nothing came back."""

    seconds: float
    """Time of the first search."""


def run_questions(knowledge: Knowledge, questions: Sequence[Question], progress: Progress) -> tuple[Outcome, ...]:
    """Return the outcome of each question, in order."""
    outcomes: list[Outcome] = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(run_question(knowledge, question))
        progress("questions", done, len(questions))
    return tuple(outcomes)


def run_question(knowledge: Knowledge, question: Question) -> Outcome:
    """Search on behalf of the question's principal until 20 distinct documents or all of them came back."""
    started = perf_counter()
    passages = knowledge.search(question.text, principal=question.principal, limit=FIRST_LIMIT).passages
    seconds = perf_counter() - started
    passages = _deepened(knowledge, question, passages)
    documents = distinct(passage.document_id for passage in passages)[:DEPTH]
    scores = {name: metric(documents, question.relevant) for name, metric in METRICS.items() if question.answerable}
    return Outcome(
        question=question,
        documents=documents,
        scores=scores,
        covered_at=tuple(_covered_at(target, passages) for target in question.targets if target.is_placed),
        shown=frozenset(passage.document_id for passage in passages),
        top_score=_strength(passages[0]) if passages else 0.0,
        seconds=seconds,
    )


def _deepened(knowledge: Knowledge, question: Question, first: Sequence[Passage]) -> Sequence[Passage]:
    """Append what deeper searches find; the order of the first search stays, since that is what a user sees."""
    passages = {_key(passage): passage for passage in first}
    found, limit = len(first), FIRST_LIMIT
    while len({passage.document_id for passage in passages.values()}) < DEPTH and found >= limit < _LAST_LIMIT:
        limit *= _GROWTH
        deeper = knowledge.search(question.text, principal=question.principal, limit=limit).passages
        found = len(deeper)
        for passage in deeper:
            passages.setdefault(_key(passage), passage)
    return tuple(passages.values())


def _key(passage: Passage) -> tuple[str, int, int]:
    return passage.document_id, passage.start, passage.end


def _covered_at(target: Target, passages: Sequence[Passage]) -> int | None:
    read: set[str] = set()
    for passage in passages:
        read.add(passage.document_id)
        if covers(passage, target):
            return len(read)
    return None


def _strength(passage: Passage) -> float:
    return passage.scores.fused if passage.scores.dense is None else passage.scores.dense
