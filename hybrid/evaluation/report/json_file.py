"""The report as JSON: what other programs and later checks (``--baseline``) read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from hybrid.evaluation.attribution import Miss
from hybrid.evaluation.baseline import FORMAT_VERSION, Comparison
from hybrid.evaluation.check import Figure, RecallReport
from hybrid.evaluation.intervals import RESAMPLES, SEED, Interval
from hybrid.evaluation.leaks import Leak, LeakMatrix
from hybrid.evaluation.metrics import CHECKED_K
from hybrid.evaluation.questions import principal_name
from hybrid.evaluation.refusal import Refusal, RefusalRates
from hybrid.evaluation.retrieval import Outcome

Fields = dict[str, object]


def render_json(report: RecallReport) -> str:
    """Return the report as indented JSON text, with a final newline."""
    return json.dumps(report_fields(report), indent=2) + "\n"


def report_fields(report: RecallReport) -> Fields:
    """Return the report as plain JSON values; ``version`` rises when a field changes its meaning."""
    return {
        "version": FORMAT_VERSION,
        "golden": report.name,
        "created": report.created.isoformat(timespec="seconds"),
        "passed": report.passed,
        "failures": list(report.failures),
        "questions": len(report.outcomes),
        "answerable": report.answerable,
        "left_out": report.left_out,
        "metrics": {name: figure.value for name, figure in report.metrics.items()},
        "intervals": {name: _ends(figure.interval) for name, figure in report.metrics.items()},
        "recall_curve": [{"k": k, "recall": f.value, "interval": _ends(f.interval)} for k, f in _numbered(report)],
        "misses": [_miss(miss) for miss in report.misses],
        "passages": asdict(report.passages) if report.passages else None,
        "leaks": [_leak(leak) for leak in report.matrix.leaks],
        "leak_matrix": _matrix(report.matrix),
        "refusal": _refusal(report.refusal) if report.refusal else None,
        "comparison": _comparison(report.comparison) if report.comparison else None,
        "by_tag": {tag: asdict(group) for tag, group in report.by_tag.items()},
        "per_question": [_outcome(outcome) for outcome in report.outcomes],
        "config": {
            "min_recall": report.min_recall,
            "k": CHECKED_K,
            "resamples": RESAMPLES,
            "seed": SEED,
            **report.config,
        },
        "timings": dict(report.timings),
    }


def _numbered(report: RecallReport) -> Iterator[tuple[int, Figure]]:
    return enumerate(report.curve, start=1)


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _miss(miss: Miss) -> Fields:
    return {
        "id": miss.question.id,
        "question": miss.question.text,
        "principal": principal_name(miss.question.principal),
        "expected": miss.expected,
        "kind": miss.kind,
        "place": miss.place,
        "stage": miss.stage,
        "ranks": dict(miss.ranks),
        "found": list(miss.found),
    }


def _leak(leak: Leak) -> Fields:
    return {
        "id": leak.question.id,
        "question": leak.question.text,
        "principal": principal_name(leak.principal),
        "document": leak.document_id,
        "where": leak.where,
    }


def _matrix(matrix: LeakMatrix) -> Fields:
    return {
        "cells": matrix.cells,
        "principals": [
            {
                "principal": principal_name(row.principal),
                "readable_documents": row.readable,
                "shown_documents": row.shown,
                "withheld": row.cells.count("withheld"),
            }
            for row in matrix.rows
        ],
    }


def _rates(rates: RefusalRates) -> Fields:
    return {
        "true_refusals": rates.true_refusals,
        "false_refusals": rates.false_refusals,
        "intervals": {"true_refusals": _ends(rates.true_interval), "false_refusals": _ends(rates.false_interval)},
    }


def _refusal(refusal: Refusal) -> Fields:
    return {
        **_rates(refusal.rates),
        "threshold": refusal.threshold,
        "cross_validated": {**_rates(refusal.cross_validated), "folds": refusal.folds}
        if refusal.cross_validated
        else None,
        "observed": _rates(refusal.observed),
        "supports": [
            {"id": item.question.id, "answerable": item.question.answerable, "support": item.value}
            for item in refusal.supports
        ],
    }


def _comparison(comparison: Comparison) -> Fields:
    return {
        "baseline": comparison.baseline,
        "questions": comparison.questions,
        "added": comparison.added,
        "removed": comparison.removed,
        "changes": [
            {
                "metric": change.name,
                "before": change.before,
                "after": change.after,
                "interval": _ends(change.interval) if change.interval else None,
                "worse": change.is_worse,
            }
            for change in comparison.changes
        ],
        "newly_missed": list(comparison.newly_missed),
        "newly_found": list(comparison.newly_found),
    }


def _outcome(outcome: Outcome) -> Fields:
    question = outcome.question
    return {
        "id": question.id,
        "principal": principal_name(question.principal),
        "answerable": question.answerable,
        "scores": dict(outcome.scores),
        "found": list(outcome.documents[: 2 * CHECKED_K]),
        "seconds": outcome.seconds,
    }
