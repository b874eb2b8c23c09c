"""From the outcome of an arm to the figures of the report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from hybrid.errors import MissingExtraError
from hybrid.evaluation.intervals import bootstrap_intervals
from hybrid_adapters.evaluation.arms import Outcome
from hybrid_adapters.evaluation.records import Figures, RowScore
from hybrid_adapters.evaluation.scoring import Scored

OFF_VOICE = "off voice"
"""Error class of a reply whose words are not those of the voice."""


def figures_of(outcome: Outcome, in_voice: Sequence[bool | None]) -> Figures:
    """Return the figures of an arm.

    Args:
        outcome: What it made of the rows.
        in_voice: For each row whether its words are those of the voice; None where it has none, or nobody judged.
    """
    found = outcome.scored
    scores = [each.score for each in found]
    interval = bootstrap_intervals({"score": scores})["score"]
    spoken = [each.wording for each in found if each.wording is not None]
    heard = [float(each) for each in in_voice if each is not None]
    return Figures(
        model=outcome.arm.model,
        prompt=outcome.arm.prompt,
        score=outcome.mean,
        interval=(interval.low, interval.high),
        format_valid=_mean([float(each.valid) for each in found]),
        exact_match=_mean([float(each.exact) for each in found]),
        refusal_accuracy=_mean([float(each.refusal) for each in found]),
        evidence_f1=_mean([each.evidence for each in found if each.evidence is not None]),
        label_accuracy=_mean([each.labels for each in found]),
        rouge_1=_mean([each.one for each in spoken]),
        rouge_2=_mean([each.two for each in spoken]),
        rouge_l=_mean([each.longest for each in spoken]),
        bleu=_bleu(found) if spoken else None,
        code_passes=_mean([float(each) for each in outcome.code.values()]),
        voice=_mean(heard),
        perplexity=_perplexity(outcome),
        general_perplexity=outcome.general,
        seconds=median(each.seconds for each in outcome.written),
        reply_tokens=_mean([float(each.tokens) for each in outcome.written]),
        cost=_mean([each.cost for each in outcome.written if each.cost is not None]),
        error_classes=shares([row.faults for row in row_scores(outcome, in_voice).values()]),
    )


def row_scores(outcome: Outcome, in_voice: Sequence[bool | None]) -> dict[str, RowScore]:
    """Return score and error classes of each row by its id."""
    return {
        row.id: RowScore(
            score=each.score, faults=tuple(sorted(each.faults | ({OFF_VOICE} if heard is False else frozenset[str]())))
        )
        for row, each, heard in zip(outcome.rows, outcome.scored, in_voice, strict=True)
    }


def shares(faults: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return in which part of the rows each error happened, the most frequent first."""
    counts = Counter(fault for row in faults for fault in row)
    return {name: count / len(faults) for name, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))}


def bleu(texts: Sequence[str], references: Sequence[str]) -> float:
    """Return the corpus BLEU of texts in [0, 1] (Papineni et al. 2002), as sacrebleu counts it.

    Raises:
        MissingExtraError: sacrebleu is not installed.
    """
    try:
        import sacrebleu
    except ImportError:
        raise MissingExtraError(feature="BLEU", extra="evaluate") from None
    library: Any = sacrebleu
    return float(library.corpus_bleu(list(texts), [list(references)]).score) / 100


def _bleu(found: Sequence[Scored]) -> float:
    # Rounding may end a hair above 1.
    return min(1.0, bleu([each.words for each in found], [each.reference for each in found]))


def _perplexity(outcome: Outcome) -> float | None:
    told = [(each.surprise, each.wanted) for each in outcome.written if each.surprise is not None]
    total = sum(wanted for _, wanted in told)
    return math.exp(min(50.0, sum(surprise for surprise, _ in told) / total)) if total else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
