"""The recall check: golden questions in, one report with a verdict out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from time import perf_counter

import numpy as np

from hybrid.errors import CheckFailed, ConfigError, GoldenError
from hybrid.evaluation.attribution import Miss, explain_misses
from hybrid.evaluation.baseline import Baseline, Comparison, compare
from hybrid.evaluation.intervals import Interval, bootstrap_intervals
from hybrid.evaluation.leaks import Ask, LeakMatrix, find_leaks
from hybrid.evaluation.metrics import CHECKED_K, HEADLINE, METRICS, recall
from hybrid.evaluation.places import check_places
from hybrid.evaluation.questions import GoldenSet
from hybrid.evaluation.refusal import Refusal, Support, calibrate, measure_support
from hybrid.evaluation.retrieval import DEPTH, Outcome, Progress, run_questions
from hybrid.protocols import Knowledge

MIN_RECALL = 0.80
"""Recall@5 below which the check fails unless another limit is given."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A mean over questions with its uncertainty."""

    value: float
    """The mean."""

    interval: Interval
    """95 % bootstrap interval."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """The answerable questions of one tag."""

    questions: int
    """How many."""

    metrics: Mapping[str, float]
    """Mean by metric."""


@dataclass(frozen=True, kw_only=True)
class PassageRecall:
    """How often the golden lines and quotes came back whole, among the passages of the first documents."""

    targets: int
    """Golden places that were looked for."""

    at: Mapping[str, float]
    """Part of them covered, by ``recall@5`` and ``recall@10``; ``k`` counts distinct documents."""


@dataclass(frozen=True, kw_only=True)
class RecallReport:
    """Everything a recall check found. It names documents and questions of all principals: it is for operators."""

    name: str
    """Name of the golden set."""

    created: datetime
    """When the check ended (UTC)."""

    metrics: Mapping[str, Figure]
    """By name: ``recall@5``, ``recall@10``, ``mrr@10``, ``ndcg@10``."""

    curve: tuple[Figure, ...]
    """Recall at k = 1 to 20."""

    outcomes: tuple[Outcome, ...]
    """Every question, in file order."""

    misses: tuple[Miss, ...]
    """What was not found, and which stage lost it."""

    matrix: LeakMatrix
    """What every principal saw."""

    passages: PassageRecall | None
    """How well golden places are covered; None where no row names one."""

    supports: tuple[Support, ...]
    """Support of every question's answer; empty where nobody answers."""

    refusal: Refusal | None
    """The calibrated threshold; None without answers or without unanswerable questions."""

    comparison: Comparison | None
    """What moved since the baseline, if one was given."""

    by_tag: Mapping[str, Group]
    """Metrics by tag, in order of first appearance."""

    min_recall: float
    """The limit of this check."""

    left_out: int
    """Queries without a relevant document that the caller chose to leave out."""

    config: Mapping[str, str]
    """What was checked: models, fingerprints, weights."""

    timings: Mapping[str, float]
    """Seconds: ``search_p50``, ``search_p95``, ``total``."""

    failures: tuple[str, ...] = field(default=())
    """Why the check failed, one phrase each; empty when it passed."""

    @property
    def answerable(self) -> int:
        """Number of questions over which the metrics are means."""
        return sum(outcome.question.answerable for outcome in self.outcomes)

    @property
    def missed_documents(self) -> tuple[Miss, ...]:
        """Relevant documents that recall lost."""
        return tuple(miss for miss in self.misses if miss.kind == "document")

    @property
    def missed_places(self) -> tuple[Miss, ...]:
        """Golden lines and quotes that no passage of the found documents holds whole."""
        return tuple(miss for miss in self.misses if miss.kind == "passage")

    @property
    def passed(self) -> bool:
        """The verdict."""
        return not self.failures

    def require_passed(self) -> None:
        """Return if the check passed.

        Raises:
            CheckFailed: It did not; the message names every reason.
        """
        if self.failures:
            raise CheckFailed(f"recall-check of {self.name} failed: {'; '.join(self.failures)}")


def recall_check(
    knowledge: Knowledge,
    golden: GoldenSet,
    *,
    ask: Ask | None = None,
    min_recall: float = MIN_RECALL,
    baseline: Baseline | None = None,
    config: Mapping[str, str] | None = None,
    progress: Progress = lambda step, done, total: None,
) -> RecallReport:
    """Run every golden question and return what was found, what was lost and where, and what leaked.

    Args:
        knowledge: What is checked.
        golden: From ``load_golden`` or ``load_beir``.
        ask: Answers questions, for citations in the leak matrix and the calibration of refusals; without it only
            retrieval is checked. Each question is asked once per principal.
        min_recall: Limit of recall@5 below which the check fails.
        baseline: From ``load_baseline``; the check fails where a figure falls more than 0.01 below it.
        config: What to record about the setting.
        progress: Called as the steps ``questions``, ``misses``, ``answers`` and ``leaks`` go on.

    Raises:
        GoldenError: The golden set has no answerable question, or a golden place is not in its document any more.
        ConfigError: ``min_recall`` is not between 0 and 1.

    Example:
        >>> from hybrid.evaluation.questions import Question, Target
        >>> from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
        >>> knowledge = WordOverlapKnowledge([public_document("refunds.md", "Refunds take five days.")])
        >>> target = Target(document_id="docs:refunds.md")
        >>> question = Question(id="q1", text="How long do refunds take?", place="golden.jsonl:1", targets=(target,))
        >>> recall_check(knowledge, GoldenSet(name="golden.jsonl", questions=(question,))).metrics["recall@5"].value
        1.0
    """
    _check_input(golden, min_recall)
    started = perf_counter()
    check_places(golden, knowledge)
    outcomes = run_questions(knowledge, golden.questions, progress)
    scored = [outcome for outcome in outcomes if outcome.question.answerable]
    ask = ask and cache(ask)
    supports = measure_support(ask, golden.questions, progress) if ask else ()
    refusal = calibrate(supports) if supports and len(scored) < len(outcomes) else None
    metrics, comparison = _means(scored), baseline and compare(baseline, scored, refusal)
    matrix = find_leaks(knowledge, outcomes, ask, progress)
    return RecallReport(
        name=golden.name,
        created=datetime.now(UTC),
        metrics=metrics,
        curve=_curve(scored),
        outcomes=outcomes,
        misses=explain_misses(knowledge, scored, progress),
        matrix=matrix,
        passages=_passage_recall(scored),
        supports=supports,
        refusal=refusal,
        comparison=comparison,
        by_tag=_by_tag(scored),
        min_recall=min_recall,
        left_out=golden.left_out,
        config=dict(config or {}),
        timings=_timings(outcomes, perf_counter() - started),
        failures=tuple(_failures(metrics[HEADLINE].value, min_recall, matrix, comparison)),
    )


def _check_input(golden: GoldenSet, min_recall: float) -> None:
    if not 0 <= min_recall <= 1:
        raise ConfigError(f"min_recall is {min_recall!r}; give a number from 0 to 1")
    if not any(question.answerable for question in golden.questions):
        raise GoldenError(f"{golden.name}: no answerable question, so there is no recall to check; add one")


def _failures(value: float, min_recall: float, matrix: LeakMatrix, comparison: Comparison | None) -> list[str]:
    failures: list[str] = []
    if value < min_recall:
        failures.append(f"{HEADLINE} is {value:.4f}, below {min_recall:.4g}")
    if matrix.leaks:
        first = matrix.leaks[0]
        failures.append(f"{len(matrix.leaks)} leaks, the first {first.document_id!r} by question {first.question.id!r}")
    if comparison:
        failures += [
            f"{change.name} went from {change.before:.4f} to {change.after:.4f} against {comparison.baseline}"
            for change in comparison.changes
            if change.is_worse
        ]
    return failures


def _means(scored: Sequence[Outcome]) -> Mapping[str, Figure]:
    return _figures({name: [outcome.scores[name] for outcome in scored] for name in METRICS})


def _curve(scored: Sequence[Outcome]) -> tuple[Figure, ...]:
    columns = {
        str(k): [recall(outcome.documents, outcome.question.relevant, k=k) for outcome in scored]
        for k in range(1, DEPTH + 1)
    }
    return tuple(_figures(columns).values())


def _figures(columns: Mapping[str, Sequence[float]]) -> Mapping[str, Figure]:
    intervals = bootstrap_intervals(columns)
    return {name: Figure(value=float(np.mean(column)), interval=intervals[name]) for name, column in columns.items()}


def _by_tag(scored: Sequence[Outcome]) -> Mapping[str, Group]:
    members: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in scored:
        for tag in outcome.question.tags:
            members[tag].append(outcome)
    return {
        tag: Group(
            questions=len(group),
            metrics={name: float(np.mean([outcome.scores[name] for outcome in group])) for name in METRICS},
        )
        for tag, group in members.items()
    }


def _passage_recall(scored: Sequence[Outcome]) -> PassageRecall | None:
    depths = [depth for outcome in scored for depth in outcome.covered_at]
    if not depths:
        return None
    return PassageRecall(
        targets=len(depths),
        at={
            f"recall@{k}": sum(depth is not None and depth <= k for depth in depths) / len(depths)
            for k in (CHECKED_K, 2 * CHECKED_K)
        },
    )


def _timings(outcomes: Sequence[Outcome], total: float) -> Mapping[str, float]:
    p50, p95 = np.quantile([outcome.seconds for outcome in outcomes], (0.5, 0.95))
    return {"search_p50": float(p50), "search_p95": float(p95), "total": total}
