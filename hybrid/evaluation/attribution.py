"""Which stage lost a document: the first thing to know about a miss, since each stage has another remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hybrid.access import permits
from hybrid.evaluation.metrics import CHECKED_K, distinct
from hybrid.evaluation.places import covers, place_text, touches
from hybrid.evaluation.questions import Question, Target
from hybrid.evaluation.retrieval import Outcome, Progress
from hybrid.protocols import Knowledge, SearchTrace

Stage = Literal[
    "not indexed",
    "not permitted",
    "not found",
    "below k",
    "lost in fusion",
    "lost in rerank",
    "cut by chunking",
]
"""What lost it, in the order of the way a document takes."""

REMEDIES: Mapping[Stage, str] = {
    "not indexed": "sync it, or see why its reading failed",
    "not permitted": "the principal may not read it: correct its readers or the golden row",
    "not found": "no stage ranks it at all: its words and meaning differ from the question's",
    "below k": "found, but others rank above it",
    "lost in fusion": "one stage has it among the first, the fused ranking has not",
    "lost in rerank": "the fused ranking has it among the first, the last stage put it lower",
    "cut by chunking": "the document is found, but no chunk holds the golden place whole",
}
"""What each stage means to the person who reads the report."""

TRACE_DEPTH = 200
"""Depth to which rankings are searched for what was lost."""


@dataclass(frozen=True, kw_only=True)
class Miss:
    """A relevant document, or a place in one, that was not among the first ``CHECKED_K`` documents."""

    question: Question
    """The question that missed it."""

    expected: str
    """Id of the document."""

    kind: Literal["document", "passage"]
    """``document``: recall lost it. ``passage``: the document was found, but not the golden place in it."""

    stage: Stage
    """What lost it."""

    found: tuple[str, ...]
    """The documents that came back first instead."""

    place: str = ""
    """The golden place, for a passage."""

    ranks: Mapping[str, int]
    """Rank among distinct documents by stage, where the stage has it within ``TRACE_DEPTH`` chunks."""


def explain_misses(knowledge: Knowledge, outcomes: Sequence[Outcome], progress: Progress) -> tuple[Miss, ...]:
    """Return every miss with the stage that lost it, documents before passages, in the order of the questions."""
    indexed = frozenset(knowledge.document_ids())
    misses: list[Miss] = []
    for done, outcome in enumerate(outcomes, start=1):
        misses += _lost_documents(knowledge, outcome, indexed)
        misses += _lost_passages(knowledge, outcome)
        progress("misses", done, len(outcomes))
    return tuple(sorted(misses, key=lambda miss: miss.kind))


def _lost_documents(knowledge: Knowledge, outcome: Outcome, indexed: frozenset[str]) -> Iterator[Miss]:
    found = outcome.documents[:CHECKED_K]
    lost = [name for name in outcome.question.relevant if name not in found]
    if not lost:
        return
    question = outcome.question
    trace = knowledge.trace(question.text, principal=question.principal, depth=TRACE_DEPTH)
    for name in lost:
        ranks = _ranks(trace, name, outcome)
        stage = _barrier(knowledge, question, name, indexed) or _losing_stage(ranks)
        yield Miss(question=question, expected=name, kind="document", stage=stage, found=found, ranks=ranks)


def _barrier(knowledge: Knowledge, question: Question, name: str, indexed: frozenset[str]) -> Stage | None:
    readers = knowledge.access(name) if name in indexed else None
    if readers is None:
        return "not indexed"
    access, tenant = readers
    if not permits(question.principal, access, tenant=tenant):
        return "not permitted"
    stored = knowledge.document(name, principal=question.principal)
    return None if stored and stored.text.strip() else "not indexed"


def _losing_stage(ranks: Mapping[str, int]) -> Stage:
    within = {stage for stage, rank in ranks.items() if rank <= CHECKED_K}
    if "fused" in within:
        return "lost in rerank"
    if within & {"dense", "sparse"}:
        return "lost in fusion"
    return "below k" if ranks else "not found"


def _ranks(trace: SearchTrace, name: str, outcome: Outcome) -> Mapping[str, int]:
    rankings = {stage: distinct(hit.document_id for hit in hits) for stage, hits in trace.stages.items()}
    # A trace fuses deeper lists than a search does; what the last stage gave first is what the search showed.
    last = next(reversed(rankings), "fused")
    rankings[last] = distinct([*outcome.documents, *rankings.get(last, ())])
    return {stage: ranking.index(name) + 1 for stage, ranking in rankings.items() if name in ranking}


def _lost_passages(knowledge: Knowledge, outcome: Outcome) -> Iterator[Miss]:
    found = outcome.documents[:CHECKED_K]
    placed = (target for target in outcome.question.targets if target.is_placed)
    for target, depth in zip(placed, outcome.covered_at, strict=True):
        if target.document_id in found and (depth is None or depth > CHECKED_K):
            yield Miss(
                question=outcome.question,
                expected=target.document_id,
                kind="passage",
                stage=_losing_cut(knowledge, outcome.question, target),
                found=found,
                place=place_text(target),
                ranks={},
            )


def _losing_cut(knowledge: Knowledge, question: Question, target: Target) -> Stage:
    passages = knowledge.search(question.text, principal=question.principal, limit=TRACE_DEPTH).passages
    if any(covers(passage, target) for passage in passages):
        return "below k"
    document = knowledge.document(target.document_id, principal=question.principal)
    cut = document and any(touches(passage, target, document) for passage in passages)
    return "cut by chunking" if cut else "not found"
