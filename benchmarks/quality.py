"""Retrieval quality by stage: SciFact, and the Kubernetes documentation with three kinds of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.data import shared
from benchmarks.rows import Outcome, Row, Target, at_least
from hybrid._cli._scratch import open_scratch, scratch_settings
from hybrid.evaluation.beir import load_beir
from hybrid.evaluation.intervals import bootstrap_intervals
from hybrid.evaluation.metrics import Metric, distinct, ndcg, recall
from hybrid.evaluation.questions import GoldenSet, Question
from hybrid.evaluation.retrieval import run_question
from hybrid.pipeline import Pipeline
from hybrid.protocols import Knowledge

# As deep as a search looks, so that the stages are those of a search.
_DEPTH = 100
_STAGES = {
    "dense": "dense only",
    "sparse": "BM25 only",
    "fused": "fused",
    "rerank": "fused, late interaction (default)",
}
_PAGES = {"direct": at_least(0.95), "needle": at_least(0.97), "realistic": at_least(0.58)}
_QUICK_STEP = 4

Columns = Mapping[str, Sequence[float]]
"""One score per question, by stage."""


def quality(*, quick: bool) -> Outcome:
    """Return nDCG@10 on SciFact and page recall@5 on the Kubernetes documentation, stage by stage."""
    step = _QUICK_STEP if quick else 1
    rows = [*_scifact(step), *_kubernetes(step)]
    return Outcome(
        rows=tuple(rows),
        setting={
            "SciFact": "5,183 abstracts, the train queries, nDCG@10 in points; one default configuration everywhere",
            "Kubernetes docs": "1,569 pages; a page is found when one of its chunks is among those of the first 5 "
            "pages; 'as recall-check' is the figure of hybrid recall-check --source",
            "intervals": "95 %, bootstrap over questions; those of gains are paired",
        },
    )


def stage_scores(knowledge: Knowledge, questions: Sequence[Question], metric: Metric) -> Columns:
    """Return each stage's score of every question."""
    columns: dict[str, list[float]] = {name: [] for name in _STAGES}
    for question in questions:
        stages = knowledge.trace(question.text, principal=question.principal, depth=_DEPTH).stages
        for name in _STAGES:
            ranking = distinct(hit.document_id for hit in stages.get(name, ()))
            columns[name].append(metric(ranking, question.relevant))
    return columns


def synced(pipeline: Pipeline, queries: Path, qrels: Path) -> GoldenSet:
    """Bring a throw-away index up to date and return the questions about it."""
    pipeline.sync()
    return load_beir(queries, qrels, pipeline.knowledge.document_ids())


def _scifact(step: int) -> list[Row]:
    folder = shared("scifact")
    with open_scratch(scratch_settings(folder, beir=True)) as pipeline:
        golden = synced(pipeline, folder / "queries_train.jsonl", folder / "qrels_train.tsv")
        columns = stage_scores(pipeline.knowledge, golden.questions[::step], partial(ndcg, k=10))
    points = {name: [100 * score for score in column] for name, column in columns.items()}
    single = max(("dense", "sparse"), key=lambda name: float(np.mean(points[name])))
    gains = {
        f"SciFact, gain of {_STAGES[name]} over {_STAGES[single]}": _difference(points[name], points[single])
        for name in ("fused", "rerank")
    }
    return [
        *_means({f"SciFact nDCG@10, {_STAGES[name]}": column for name, column in points.items()}, "points"),
        *_means(gains, "points", dict.fromkeys(gains, at_least(2))),
    ]


def _kubernetes(step: int) -> list[Row]:
    folder = shared("k8s-docs")
    rows: list[Row] = []
    with open_scratch(scratch_settings(folder / "docs", beir=False)) as pipeline:
        for name, target in _PAGES.items():
            golden = synced(pipeline, folder / f"queries_{name}.jsonl", folder / f"qrels_{name}.tsv")
            questions = golden.questions[::step]
            columns = stage_scores(pipeline.knowledge, questions, partial(recall, k=5))
            found = [run_question(pipeline.knowledge, question).scores["recall@5"] for question in questions]
            label = f"Kubernetes {name}, page recall@5"
            rows += _means({f"{label}, {_STAGES[stage]}": column for stage, column in columns.items()}, "")
            rows += _means({f"{label}, as recall-check": found}, "", {f"{label}, as recall-check": target})
    return rows


def _means(columns: Columns, unit: str, targets: Mapping[str, Target] | None = None) -> list[Row]:
    intervals = bootstrap_intervals(columns)
    return [
        Row(
            name=name,
            figure=float(np.mean(column)),
            unit=unit,
            n=len(column),
            interval=(intervals[name].low, intervals[name].high),
            target=(targets or {}).get(name),
        )
        for name, column in columns.items()
    ]


def _difference(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(one, other, strict=True)]
