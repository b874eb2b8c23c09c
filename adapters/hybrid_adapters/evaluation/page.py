"""The report of an evaluation as one HTML file: no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from hybrid.evaluation.report import numbers
from hybrid_adapters.evaluation.report import Evaluation

WIDTH, ROW = 560, 30
_LEFT, _RIGHT = 130, 540

METRICS: Mapping[str, str] = {
    "score": "score",
    "format_valid": "keeps the contract with no grammar",
    "exact_match": "exact match",
    "refusal_accuracy": "refuses rightly",
    "evidence_f1": "evidence F1",
    "mrr": "MRR of the first unit that answers",
    "label_accuracy": "labels right",
    "rouge_1": "ROUGE-1",
    "rouge_2": "ROUGE-2",
    "rouge_l": "ROUGE-L",
    "bleu": "BLEU",
    "code_passes": "code passes its tests",
    "voice": "in the voice",
    "perplexity": "perplexity of the references",
    "general_perplexity": "perplexity of general text",
    "seconds": "seconds for a reply, median",
    "reply_tokens": "tokens of a reply",
    "cost": "US dollars for a reply",
}
"""Names of the figures, in the order of the table."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a plot: a mean with both ends of its interval."""

    name: str
    """What it is."""

    y: float
    """Height of its middle."""

    low: float
    """Left end."""

    mean: float
    """The mean."""

    high: float
    """Right end."""

    text: str
    """The figures."""


def render_html(evaluation: Evaluation) -> str:
    """Return the whole page."""
    arms = evaluation.arms
    scores = {name: (each.score, *each.interval) for name, each in arms.items()}
    gains = {f"over {name}": gain for name, gain in evaluation.gate.gains.items()}
    return (
        _environment()
        .get_template("evaluation.html.j2")
        .render(
            report=evaluation,
            metrics={
                title: [_figure(getattr(arm, name)) for arm in arms.values()]
                for name, title in METRICS.items()
                if any(getattr(arm, name) is not None for arm in arms.values())
            },
            classes=list(dict.fromkeys(name for arm in arms.values() for name in arm.error_classes)),
            scores=_lines(scores, 0.0, 1.0),
            gains=_lines(gains, *_span(gains)),
            zero=_scaled(0.0, *_span(gains)),
            margin=_scaled(evaluation.gate.margin, *_span(gains)),
            width=WIDTH,
            row=ROW,
            counted=numbers.counted,
            percent=numbers.percent,
        )
    )


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if value < 10 else f"{value:,.1f}"


def _span(gains: Mapping[str, tuple[float, float, float]]) -> tuple[float, float]:
    ends = [end for gain in gains.values() for end in gain]
    return min(-0.1, *ends) if ends else -0.1, max(0.1, *ends) if ends else 0.1


def _lines(found: Mapping[str, tuple[float, float, float]], low: float, high: float) -> list[Line]:
    return [
        Line(
            name=name,
            y=ROW * (place + 0.5),
            mean=_scaled(mean, low, high),
            low=_scaled(least, low, high),
            high=_scaled(most, low, high),
            text=f"{mean:.3f} ({least:.3f} to {most:.3f})",
        )
        for place, (name, (mean, least, most)) in enumerate(found.items())
    ]


def _scaled(value: float, low: float, high: float) -> float:
    return round(_LEFT + (value - low) / (high - low) * (_RIGHT - _LEFT), 1)


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("hybrid_adapters.evaluation"), PackageLoader("hybrid.evaluation.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
