"""The sample's golden questions: what is found, what is refused, what leaks."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.data import REPOSITORY
from benchmarks.rows import Outcome, Row, Target, at_least, at_most
from hybrid.config import load_settings
from hybrid.evaluation.check import RecallReport, recall_check
from hybrid.evaluation.golden import load_golden
from hybrid.evaluation.intervals import Interval
from hybrid.evaluation.refusal import RefusalRates
from hybrid.pipeline import Pipeline
from hybrid.types import Answer, Principal

_QUICK_STEP = 6
_SAMPLE = REPOSITORY / "examples" / "support_bot"


def sample(*, quick: bool) -> Outcome:
    """Return the figures of a recall check of the support bot, on an index of its own."""
    settings = load_settings(_SAMPLE / "hybrid.toml").without_model()
    with tempfile.TemporaryDirectory() as folder:
        index = settings.index.model_copy(update={"path": Path(folder) / "index"})
        with Pipeline.from_settings(settings.model_copy(update={"index": index})) as pipeline:
            pipeline.sync()
            golden = load_golden(_SAMPLE / "golden.jsonl", pipeline.knowledge.document_ids())
            golden = replace(golden, questions=golden.questions[:: _QUICK_STEP if quick else 1])

            def ask(text: str, principal: Principal) -> Answer:
                return pipeline.ask(text, principal=principal)

            report = recall_check(pipeline.knowledge, golden, ask=ask)
    return Outcome(
        rows=tuple(_rows(report)),
        setting={
            "questions": f"{len(golden.questions)} golden questions, {report.answerable} of them answerable",
            "refusal": "the threshold is calibrated on the same questions; cross-validated rows judge each question "
            "by a threshold chosen on others",
            "leaks": f"{report.matrix.cells:,} pairs of question and principal, over passages, citations and previews",
        },
    )


def _rows(report: RecallReport) -> list[Row]:
    rows = [
        Row(
            name=name,
            figure=figure.value,
            unit="",
            n=report.answerable,
            interval=_pair(figure.interval),
            target=at_least(0.95) if name == "recall@5" else None,
        )
        for name, figure in report.metrics.items()
    ]
    assert report.refusal is not None
    rows += _refusals("calibrated", report.refusal.rates, report, at_least(0.9), at_most(0.05))
    if report.refusal.cross_validated:
        rows += _refusals("cross-validated", report.refusal.cross_validated, report, at_least(0.9), at_most(0.05))
    leaks = len(report.matrix.leaks)
    return [*rows, Row(name="leaks", figure=leaks, unit="", n=report.matrix.cells, target=at_most(0))]


def _refusals(name: str, rates: RefusalRates, report: RecallReport, right: Target, wrong: Target) -> list[Row]:
    unanswerable = len(report.outcomes) - report.answerable
    return [
        Row(
            name=f"unanswerable questions refused, {name}",
            figure=rates.true_refusals,
            unit="",
            n=unanswerable,
            interval=_pair(rates.true_interval),
            target=right,
        ),
        Row(
            name=f"answerable questions refused, {name}",
            figure=rates.false_refusals,
            unit="",
            n=report.answerable,
            interval=_pair(rates.false_interval),
            target=wrong,
        ),
    ]


def _pair(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high
