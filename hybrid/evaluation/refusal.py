"""When to refuse: the support below which an answer is withheld, found on golden questions and cross-validated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hybrid.errors import InputError
from hybrid.evaluation.intervals import SEED, Interval, wilson_interval
from hybrid.evaluation.leaks import Ask
from hybrid.evaluation.questions import Question
from hybrid.evaluation.retrieval import Progress

MAX_FALSE_REFUSALS = 0.05
"""Part of the answerable questions that may be refused for the sake of refusing the others."""

_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Support:
    """How well one question's best answer was supported."""

    question: Question
    """The question."""

    value: float
    """Support in [0, 1]."""

    refused: bool
    """Whether the pipeline refused it as it is set now."""


@dataclass(frozen=True, kw_only=True)
class RefusalRates:
    """How often refusing was right and how often it was wrong."""

    true_refusals: float
    """Part of the unanswerable questions that are refused."""

    false_refusals: float
    """Part of the answerable questions that are refused."""

    true_interval: Interval
    """Confidence interval of the true refusals."""

    false_interval: Interval
    """Confidence interval of the false refusals."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A calibrated threshold and what it does."""

    threshold: float
    """Refuse where the support is below it."""

    rates: RefusalRates
    """With this threshold on the very questions it was chosen on: an optimistic figure."""

    cross_validated: RefusalRates | None
    """Each question judged by a threshold chosen on others; None with fewer than two questions of a kind."""

    folds: int
    """Number of parts of the cross-validation; 0 where there is none."""

    observed: RefusalRates
    """What the pipeline did as it is set now."""

    supports: tuple[Support, ...]
    """Each question's support, in file order."""


def measure_support(ask: Ask, questions: Sequence[Question], progress: Progress) -> tuple[Support, ...]:
    """Ask every question as its own principal and keep the support of the answers.

    Raises:
        InputError: An answer's support is not a number from 0 to 1.
    """
    supports: list[Support] = []
    for done, question in enumerate(questions, start=1):
        answer = ask(question.text, question.principal)
        if not 0 <= answer.support <= 1:
            raise InputError(
                f"question {question.id!r} got support {answer.support!r} from {answer.model!r}; "
                "a model must return a number from 0 to 1"
            )
        supports.append(Support(question=question, value=answer.support, refused=answer.status == "refused"))
        progress("answers", done, len(questions))
    return tuple(supports)


def calibrate(supports: Sequence[Support]) -> Refusal:
    """Return the threshold with the most true refusals among those with at most 5 % false ones.

    Both kinds of questions must be present.
    """
    values = np.array([support.value for support in supports])
    answerable = np.array([support.question.answerable for support in supports])
    threshold = choose_threshold(values, answerable)
    folds = _fold_count(answerable)
    return Refusal(
        threshold=threshold,
        rates=_rates(values < threshold, answerable),
        cross_validated=_rates(_held_out(values, answerable, folds), answerable) if folds else None,
        folds=folds,
        observed=_rates(np.array([support.refused for support in supports]), answerable),
        supports=tuple(supports),
    )


def choose_threshold(values: NDArray[np.float64], answerable: NDArray[np.bool_]) -> float:
    """Return the best threshold between two neighbouring values, or 0 (never refuse) where none is good enough.

    Args:
        values: ``(questions,)``, support of each.
        answerable: ``(questions,)``, whether it has an answer.
    """
    present = np.unique(values)
    cuts = np.concatenate(([0.0], (present[:-1] + present[1:]) / 2))
    false = (values[answerable] < cuts[:, None]).mean(axis=1)
    true = (values[~answerable] < cuts[:, None]).mean(axis=1)
    admissible = np.flatnonzero(false <= MAX_FALSE_REFUSALS)
    best = max(admissible, key=lambda i: (true[i], -false[i]))
    return float(cuts[best])


def _held_out(values: NDArray[np.float64], answerable: NDArray[np.bool_], folds: int) -> NDArray[np.bool_]:
    refused = np.zeros(len(values), dtype=bool)
    fold = _stratified_folds(answerable, folds)
    for part in range(folds):
        held = fold == part
        refused[held] = values[held] < choose_threshold(values[~held], answerable[~held])
    return refused


def _stratified_folds(answerable: NDArray[np.bool_], folds: int) -> NDArray[np.int64]:
    generator = np.random.default_rng(SEED)
    fold = np.zeros(len(answerable), dtype=np.int64)
    for kind in (True, False):
        members = generator.permutation(np.flatnonzero(answerable == kind))
        fold[members] = np.arange(len(members)) % folds
    return fold


def _fold_count(answerable: NDArray[np.bool_]) -> int:
    smaller = int(min(answerable.sum(), (~answerable).sum()))
    return min(_FOLDS, smaller) if smaller > 1 else 0


def _rates(refused: NDArray[np.bool_], answerable: NDArray[np.bool_]) -> RefusalRates:
    true, false = int(refused[~answerable].sum()), int(refused[answerable].sum())
    unanswerable_count, answerable_count = int((~answerable).sum()), int(answerable.sum())
    return RefusalRates(
        true_refusals=true / unanswerable_count,
        false_refusals=false / answerable_count,
        true_interval=wilson_interval(true, unanswerable_count),
        false_interval=wilson_interval(false, answerable_count),
    )
