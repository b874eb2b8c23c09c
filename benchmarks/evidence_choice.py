"""Which sentence answers: the evidence ranker and hybrid-mini against similarity and words."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks._articles import ArticleQuestion, Bm25, article_questions, standardised
from benchmarks.data import shared
from benchmarks.rows import Outcome, Row, Target, at_least
from hybrid.answering.request import Limits, ReplyRequest
from hybrid.contract import Contract, SupportReply
from hybrid.evaluation.intervals import bootstrap_intervals
from hybrid.types import Evidence
from hybrid_adapters.local import LocalModel
from hybrid_adapters.mini import NAME
from hybrid_adapters.ranker import load_ranker
from hybrid_adapters.ranker._squad import HELD_OUT
from hybrid_indexes.embedding import load_embedder

_QUICK = 40
# A reply takes some hundred times as long as a score, so hybrid-mini is asked the first of the shuffled questions only.
_READ = 200
_BASELINE = "cosine + BM25"
_FUSED = "ranker + BM25"
_SERVED = "cosine + BM25 + 2 ranker, as served"
_ON_TOP = "hybrid-mini on top, as served"
_PATIENT = Limits(first_token=None, idle=None, total=None)

Scores = Mapping[str, Sequence[float]]
"""A score for each sentence, by method."""


def evidence_choice(*, quick: bool) -> Outcome:
    """Return how often each method's best sentence answers."""
    questions = article_questions(shared("squad2") / "dev-v2.0.json")
    random.Random(0).shuffle(questions)
    questions = questions[: _QUICK if quick else None]
    scored = [*_scored(questions)]
    right: dict[str, list[float]] = {
        name: [
            float(int(np.argmax(scores[name])) in question.gold)
            for question, scores in zip(questions, scored, strict=True)
        ]
        for name in scored[0]
    }
    read = questions[:_READ]
    chosen = _with_language_model(read, [scores[_SERVED] for scores in scored[:_READ]])
    return Outcome(
        rows=(*_score_rows(right), *_reply_rows(chosen, right[_FUSED][:_READ])),
        setting={
            "questions": f"SQuAD 2.0, {', '.join(HELD_OUT)}, which no training saw; the gold paragraph and "
            f"two others of the article at random, {_mean_sentences(questions):.1f} sentences on average",
            "sums": "of scores standardised over the sentences of a question",
            "hybrid-mini": f"asked the first {len(read)} of them; 4 bits, first id of its reply under SupportReply's "
            "grammar; a refusal counts as wrong",
            "intervals": "95 %, bootstrap over questions; those of gains are paired",
        },
    )


def _mean_sentences(questions: Sequence[ArticleQuestion]) -> float:
    return float(np.mean([len(question.sentences) for question in questions]))


def _scored(questions: Sequence[ArticleQuestion]) -> Iterator[Scores]:
    embedder, ranker = load_embedder(), load_ranker()
    bm25 = Bm25(sorted({text for question in questions for text in question.sentences}))
    for question in questions:
        texts = [f"{question.article} {text}" for text in question.sentences]
        cosine = standardised((embedder.embed_documents(texts) @ embedder.embed_query(question.text)).tolist())
        words = standardised(bm25.scores(question.text, question.sentences))
        reads = standardised(ranker.scores(question.text, texts).tolist())
        yield {
            "cosine": cosine.tolist(),
            "BM25": words.tolist(),
            _BASELINE: (cosine + words).tolist(),
            "ranker": reads.tolist(),
            _FUSED: (reads + words).tolist(),
            _SERVED: (cosine + words + 2 * reads).tolist(),
        }


def _with_language_model(
    questions: Sequence[ArticleQuestion], scores: Sequence[Sequence[float]]
) -> dict[str, list[float]]:
    ways: dict[str, tuple[dict[str, Any], Callable[[Sequence[float]], Sequence[float]]]] = {
        _ON_TOP: ({}, lambda own: own),
        "hybrid-mini alone, order of the scores": ({"prior": 0.0}, lambda own: own),
        "hybrid-mini alone, random order": ({"prior": 0.0}, lambda own: random.Random(len(own)).sample(own, len(own))),
    }
    found: dict[str, list[float]] = {}
    for name, (options, order) in ways.items():
        model = LocalModel(NAME, **options)
        try:
            shown = [question.evidence(order(own)) for question, own in zip(questions, scores, strict=True)]
            found[name] = [
                float(_first_id(model, question.text, units) in gold)
                for question, (units, gold) in zip(questions, shown, strict=True)
            ]
        finally:
            model.close()
    return found


def _first_id(model: LocalModel, question: str, units: tuple[Evidence, ...]) -> str | None:
    request = ReplyRequest(question=question, evidence=units, contract=Contract(SupportReply), limits=_PATIENT)
    reply = json.loads("".join(piece for piece in model.reply(request) if isinstance(piece, str)))
    return next(iter(reply["evidence"]), None)


def _score_rows(right: Mapping[str, Sequence[float]]) -> Iterator[Row]:
    """Yield what the scores reach, and what those that read gain over those that do not."""
    yield from _shares(right, {_FUSED: at_least(0.88)})
    read = {name: values for name, values in right.items() if name not in (_BASELINE, "cosine", "BM25")}
    yield from _gains(read, right[_BASELINE], _BASELINE)


def _reply_rows(chosen: Mapping[str, Sequence[float]], fused: Sequence[float]) -> Iterator[Row]:
    """Yield what hybrid-mini's replies reach, and what they gain over the scores on the same questions."""
    same = f"{_FUSED}, questions that hybrid-mini read"
    yield from _shares({same: fused, **chosen}, {_ON_TOP: at_least(float(np.mean(fused)))})
    yield from _gains(chosen, fused, _FUSED)


def _shares(right: Mapping[str, Sequence[float]], targets: Mapping[str, Target]) -> Iterator[Row]:
    intervals = bootstrap_intervals(right)
    for name, values in right.items():
        interval = intervals[name].low, intervals[name].high
        yield _row(name, values, interval, targets.get(name))


def _gains(right: Mapping[str, Sequence[float]], over: Sequence[float], name_over: str) -> Iterator[Row]:
    gains = {name: np.subtract(values, over).tolist() for name, values in right.items()}
    intervals = bootstrap_intervals(gains)
    for name, values in gains.items():
        yield _row(f"gain of {name} over {name_over}", values, (intervals[name].low, intervals[name].high), None)


def _row(name: str, values: Sequence[float], interval: tuple[float, float], target: Target | None) -> Row:
    return Row(name=name, figure=float(np.mean(values)), unit="", n=len(values), interval=interval, target=target)
