"""Drift: golden questions asked again raise no alarm, questions of other domains do within fifty."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import REPOSITORY, shared
from benchmarks.rows import Outcome, Row, at_least, at_most
from hybrid.config import load_settings
from hybrid.drift.questions import AskedQuestion, golden_questions
from hybrid.drift.watch import LEVEL, DriftReport, watch
from hybrid.evaluation.golden import load_golden
from hybrid.evaluation.intervals import wilson_interval
from hybrid.pipeline import Pipeline
from hybrid.types import ANONYMOUS, Principal
from hybrid_indexes.embedding.loading import load_embedder

_SAMPLE = REPOSITORY / "examples" / "support_bot"
_REPLAYS, _QUICK = 300, 5
_LONG, _SHORT = 200, 50
_OF_A_DOMAIN = 60
_DRAWS = 5
_SEED = 20


def drift(*, quick: bool) -> Outcome:
    """Return false alarms on golden questions, and alarms on those of other domains."""
    chance = random.Random(_SEED)
    draws = _QUICK if quick else _DRAWS
    runs = _QUICK if quick else _REPLAYS
    domains = {
        name: chance.sample(sorted(set(read())), 30 if quick else _OF_A_DOMAIN) for name, read in _DOMAINS.items()
    }
    golden, foreign = _with_support(domains)
    embed = _Remembering()
    embed([question.text for some in (golden, *foreign.values()) for question in some])
    rows = [
        _row("golden questions asked again, runs with an alarm", _replays(golden, embed, runs, chance), at_most(0.0)),
        _row("one half against the other, runs with an alarm", _halves(golden, embed, runs, chance), at_most(LEVEL)),
    ]
    for name, questions in foreign.items():
        found = [_alarmed(golden, chance.choices(questions, k=_SHORT), embed) for _ in range(draws)]
        rows.append(_row(f"{name}, runs with an alarm within {_SHORT}", found, at_least(1.0)))
        after = [_after_golden(golden, chance.choices(questions, k=_SHORT), embed, chance) for _ in range(draws)]
        rows.append(_row(f"{name}, within {_SHORT} after {_LONG - _SHORT} golden ones", after, at_least(1.0)))
    return Outcome(
        rows=tuple(rows),
        setting={
            "golden": f"{len(golden)} questions of the sample, with the support that the sample's index gives them",
            "replays": f"{runs} runs of {_LONG} questions drawn with replacement; halves are drawn without",
            "other domains": "questions asked of the sample's index, drawn with replacement; none was left out",
            "level": f"a run with all its looks and comparisons is wrong with at most {LEVEL:.0%}",
        },
    )


def _row(name: str, alarms: Sequence[bool], target: Any) -> Row:
    interval = wilson_interval(sum(alarms), len(alarms))
    return Row(
        name=name,
        figure=sum(alarms) / len(alarms),
        unit="",
        n=len(alarms),
        target=target,
        interval=(interval.low, interval.high),
    )


def _replays(golden: Sequence[AskedQuestion], embed: _Remembering, runs: int, chance: random.Random) -> list[bool]:
    return [_alarmed(golden, chance.choices(golden, k=_LONG), embed) for _ in range(runs)]


def _halves(golden: Sequence[AskedQuestion], embed: _Remembering, runs: int, chance: random.Random) -> list[bool]:
    found: list[bool] = []
    for _ in range(runs):
        mixed = chance.sample(golden, len(golden))
        found.append(_alarmed(mixed[::2], mixed[1::2], embed))
    return found


def _after_golden(
    golden: Sequence[AskedQuestion], foreign: Sequence[AskedQuestion], embed: _Remembering, chance: random.Random
) -> bool:
    before = chance.choices(golden, k=_LONG - len(foreign))
    report = watch(golden, [*before, *foreign], embed=embed)
    return any(look.asked > len(before) for look, _ in report.alarms)


def _alarmed(golden: Sequence[AskedQuestion], live: Sequence[AskedQuestion], embed: _Remembering) -> bool:
    report: DriftReport = watch(golden, live, embed=embed)
    return bool(report.alarms)


class _Remembering:
    """Embeds each text once."""

    def __init__(self) -> None:
        self._embedder = load_embedder()
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, self._embedder.embed_documents(new), strict=True)
        return np.stack([self._known[text] for text in texts])


def _with_support(
    domains: Mapping[str, Sequence[str]],
) -> tuple[list[AskedQuestion], dict[str, list[AskedQuestion]]]:
    settings = load_settings(_SAMPLE / "hybrid.toml").without_model()
    with tempfile.TemporaryDirectory() as folder:
        index = settings.index.model_copy(update={"path": Path(folder) / "index"})
        with Pipeline.from_settings(settings.model_copy(update={"index": index})) as pipeline:
            pipeline.sync()

            def support(text: str, principal: Principal = ANONYMOUS) -> float:
                return pipeline.ask(text, principal=principal).support

            rows = load_golden(_SAMPLE / "golden.jsonl", pipeline.knowledge.document_ids()).questions
            supports = {row.id: support(row.text, row.principal) for row in rows}
            foreign = {
                name: [AskedQuestion(name=text, text=text, support=support(text)) for text in texts]
                for name, texts in domains.items()
            }
    return golden_questions(_SAMPLE / "golden.jsonl", supports), foreign


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _of(path: Callable[[], Path], field: str) -> Callable[[], Iterator[str]]:
    return lambda: (row[field] for row in _lines(path()))


def _squad() -> Iterator[str]:
    found = json.loads((shared("squad2") / "dev-v2.0.json").read_text("utf-8"))
    for article in found["data"]:
        for paragraph in article["paragraphs"]:
            yield from (row["question"] for row in paragraph["qas"])


_DOMAINS: dict[str, Callable[[], Iterator[str]]] = {
    "Kubernetes, direct": _of(lambda: shared("k8s-docs") / "queries_direct.jsonl", "text"),
    "Kubernetes, users' words": _of(lambda: shared("k8s-docs") / "queries_realistic.jsonl", "text"),
    "SciFact claims": _of(lambda: shared("scifact") / "queries_train.jsonl", "text"),
    "SQuAD": _squad,
    "a shop's customers (Bitext)": _of(lambda: shared("bitext-sample") / "train_300.jsonl", "input_text"),
    "taxes (IRS)": _of(lambda: shared("qa") / "irs_faq.jsonl.gz", "question"),
    "diseases (MedQuAD)": _of(lambda: shared("qa") / "medquad.jsonl.gz", "question"),
    "hotels and trains (DSTC9)": _of(lambda: shared("qa") / "dstc9_faq.jsonl.gz", "question"),
}
