"""The judge of claims on public sentences: said in another form, and made to say something else."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks._claim_changes import CHANGED, SAME, Change
from benchmarks.data import shared
from benchmarks.rows import Outcome, Row, at_least
from hybrid.claims.judging import DEFAULT_SUPPORT, FactJudge
from hybrid.evidence import split_units
from hybrid.types import Evidence, Passage, StageScores

_SENTENCES = 1_500
_QUICK = 60
_SEED = 7
_THRESHOLDS = (0.9, 0.95, DEFAULT_SUPPORT)
_PAGES = ("faq_docs", "irs_faq", "dstc9_faq", "ms_faq", "cdc_covid_faq")

Sentence = tuple[str, str, Sequence[str]]
"""Title, sentence, and the sentences of its paragraph."""


def claims(*, quick: bool) -> Outcome:
    """Return precision and recall, and what passes of each kind of change."""
    chance = random.Random(_SEED)
    sentences = sorted(_sentences(), key=lambda sentence: sentence[:2])
    chosen = chance.sample(sentences, _QUICK if quick else _SENTENCES)
    same, changed = (_claims(chosen, changes, chance) for changes in (SAME, CHANGED))
    rows: list[Row] = []
    for threshold in _THRESHOLDS:
        kept, passed = (_supported(rows_, threshold) for rows_ in (same, changed))
        rows += _totals(f"threshold {threshold:g}", kept, len(same), passed, len(changed))
    rows += [*_kinds("passes", same, kept), *_kinds("passes wrongly", changed, passed)]
    return Outcome(
        rows=tuple(rows),
        setting={
            "sentences": f"{len(chosen):,} of SQuAD 2.0 paragraphs and of public help pages, by seed {_SEED}",
            "claims": "each sentence changed by rule; it stays the one piece of evidence that the claim cites",
        },
    )


Judged = tuple[str, str, Evidence]
"""Kind of change, claim, evidence."""


def _claims(sentences: Sequence[Sentence], changes: dict[str, Change], chance: random.Random) -> list[Judged]:
    made: list[Judged] = []
    for title, sentence, around in sentences:
        for kind, change in changes.items():
            claim = change(sentence, [other for other in around if other != sentence], chance)
            if claim and len(claim) <= 300 and (claim != sentence or kind == "as it is"):
                made.append((kind, claim[0].upper() + claim[1:], _evidence(title, sentence)))
    return made


def _supported(made: Sequence[Judged], threshold: float) -> Counter[str]:
    judge = FactJudge(threshold=threshold)
    return Counter(kind for kind, claim, evidence in made if judge.judge(claim, [evidence]).supported)


def _totals(name: str, kept: Counter[str], same: int, passed: Counter[str], changed: int) -> Iterator[Row]:
    right, wrong = kept.total(), passed.total()
    target = at_least(0.99) if name == f"threshold {DEFAULT_SUPPORT:g}" else None
    yield Row(name=f"precision, {name}", figure=right / max(1, right + wrong), unit="", n=right + wrong, target=target)
    yield Row(name=f"recall, {name}", figure=right / same, unit="", n=same)
    yield Row(name=f"changed claims that pass, {name}", figure=wrong / changed, unit="", n=changed)


def _kinds(name: str, made: Sequence[Judged], passed: Counter[str]) -> Iterator[Row]:
    for kind, n in Counter(kind for kind, _, _ in made).items():
        yield Row(name=f"{name}: {kind}", figure=passed[kind] / n, unit="", n=n)


def _evidence(title: str, text: str) -> Evidence:
    passage = Passage(
        document_id="docs:a",
        uri="a",
        title=title,
        version="1",
        text=text,
        start=0,
        end=len(text),
        lines=(1, 1),
        scores=StageScores(fused=1.0),
    )
    return Evidence(id="E1", passage=passage, text=text, start=0, end=len(text), lines=(1, 1))


def _sentences() -> Iterator[Sentence]:
    articles = json.loads((shared("squad2") / "dev-v2.0.json").read_text("utf-8"))["data"]
    for article in articles:
        for paragraph in article["paragraphs"]:
            yield from _of(article["title"].replace("_", " "), paragraph["context"], most=3)
    for name in _PAGES:
        with gzip.open(shared("qa") / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, list(lines)[::6]):
                yield from _of(row.get("title") or row.get("entity") or "", row["context"], most=1)


def _of(title: str, text: str, *, most: int) -> list[Sentence]:
    around = [text[unit.start : unit.end] for unit in split_units(text)]
    return [(title, each, around) for each in around if 6 <= len(each.split()) <= 45 and len(each) <= 300][:most]
