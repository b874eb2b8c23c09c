"""Golden questions as choice rows, which an evidence ranker is tuned and measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hybrid.channel.opening import opened
from hybrid.config import Settings
from hybrid.errors import RowsError
from hybrid.evaluation.golden import load_golden
from hybrid.evaluation.places import touches
from hybrid.evaluation.questions import Question
from hybrid.evidence import number_evidence
from hybrid.evidence.reading import in_context
from hybrid.evidence.scoring import score_units
from hybrid.pipeline import Pipeline
from hybrid.types import Evidence, Passage
from hybrid_adapters.ranker.choices import Candidate, ChoiceRow
from hybrid_adapters.rows.asking import ask
from hybrid_adapters.rows.splitting import held_out as drawn

Progress = Callable[[int, int], None]
"""Called with the number of questions asked so far, and of all."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What became of golden questions."""

    rows: tuple[ChoiceRow, ...]
    """Those whose answer retrieval brings, and those that nothing answers."""

    not_found: tuple[str, ...]
    """Ids of questions whose answer is in no unit that serving would score."""

    unplaced: tuple[str, ...]
    """Ids of questions whose row names a document and no place in it."""


def choices_from_settings(
    settings: Settings, golden: Path, *, held_out: float, seed: int, progress: Progress
) -> Choices:
    """Return the choice rows of a golden file, each question asked as its own principal.

    Args:
        settings: The configuration of the pipeline that serves.
        golden: The golden questions.
        held_out: Part of the rows to hold out, by document.
        seed: Decides which.
        progress: Called after each question.

    Raises:
        GoldenError: The file cannot be read or is out of date.
        RowsError: No question becomes a row.
        IndexStateError: The index cannot be used.
    """
    with opened(settings.without_model()) as pipeline:
        questions = load_golden(golden, pipeline.knowledge.document_ids()).questions
        rows: list[ChoiceRow] = []
        not_found: list[str] = []
        unplaced = [each.id for each in questions if each.answerable and not any(t.is_placed for t in each.targets)]
        for done, question in enumerate(questions, start=1):
            if question.id not in unplaced:
                row = _row(pipeline, question)
                rows.extend([row] if row else [])
                not_found.extend([] if row else [question.id])
            progress(done, len(questions))
    if not rows:
        raise RowsError(
            f"{golden}: retrieval brings the answer of none of its {len(questions)} questions; see hybrid recall-check"
        )
    return Choices(rows=tuple(_split(rows, held_out, seed)), not_found=tuple(not_found), unplaced=tuple(unplaced))


def _row(pipeline: Pipeline, question: Question) -> ChoiceRow | None:
    """Return a question's row, or None where no unit at hand answers it though one should."""
    asked = ask(pipeline, question.text, question.principal)
    passages = asked.passages if asked else ()
    scored = score_units(question.text, number_evidence(passages), pipeline.knowledge.embed)
    candidates = tuple(
        Candidate(text=in_context(unit.evidence), score=unit.score, answers=_answers(pipeline, question, unit.evidence))
        for unit in scored
    )
    if not candidates or question.answerable != any(each.answers for each in candidates):
        return None
    return ChoiceRow(
        id=question.id,
        question=question.text,
        candidates=candidates,
        documents=tuple(sorted({target.document_id for target in question.targets})),
    )


def _answers(pipeline: Pipeline, question: Question, unit: Evidence) -> bool:
    placed = _alone(unit)
    for target in question.targets:
        if target.is_placed and target.document_id == placed.document_id:
            document = pipeline.knowledge.document(target.document_id, principal=question.principal)
            if document is not None and touches(placed, target, document):
                return True
    return False


def _alone(unit: Evidence) -> Passage:
    return replace(unit.passage, text=unit.text, start=unit.start, end=unit.end, lines=unit.lines)


def _split(rows: Sequence[ChoiceRow], share: float, seed: int) -> Iterator[ChoiceRow]:
    away = drawn({row.id: row.documents for row in rows}, share, seed)
    for row in rows:
        yield row.model_copy(update={"split": "held-out"}) if row.id in away else row
