"""The check of training rows: how many planted defects it finds, how often it is wrong, how long it takes."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks._planting import Planted, plant
from benchmarks.rows import Outcome, Row, at_least, at_most, below
from hybrid.contract import Contract, SupportReply
from hybrid.evaluation.intervals import wilson_interval
from hybrid_adapters.datasets.checking import CheckOptions, DataReport, check_rows
from hybrid_adapters.datasets.likeness import Embed
from hybrid_indexes.embedding.loading import load_embedder

_SEEDS, _QUICK = (201, 202, 203, 204, 205), (200,)
_KINDS = {
    "duplicate": "near-duplicates",
    "conflict": "label conflicts",
    "format": "format breaks",
    "leak": "leaks into golden and held-out rows",
    "personal": "personal data",
}


@dataclass(frozen=True, kw_only=True)
class _Scored:
    planted: Counter[str]
    found: Counter[str]
    missed: Counter[str]
    clean: int
    wrong: int
    seconds: float
    processor: float


def datasets(*, quick: bool) -> Outcome:
    """Return what is found of each kind, false alarms among rows with nothing wrong, and seconds."""
    embed = load_embedder().embed_documents
    runs = [_run(seed, embed) for seed in (_QUICK if quick else _SEEDS)]
    rows = [_share(name, kind, runs) for kind, name in _KINDS.items()]
    wrong, clean = sum(run.wrong for run in runs), sum(run.clean for run in runs)
    alarms = wilson_interval(wrong, clean)
    missed = sum((run.missed for run in runs), Counter[str]())
    return Outcome(
        rows=(
            *rows,
            Row(
                name="rows with nothing wrong that are named",
                figure=wrong / clean,
                unit="",
                n=clean,
                target=below(0.02),
                interval=(alarms.low, alarms.high),
            ),
            Row(
                name="the check of 1,000 rows, slowest run",
                figure=max(run.seconds for run in runs),
                unit="s",
                n=len(runs),
                target=at_most(30.0),
            ),
            Row(
                name="processor time of all cores that it takes, slowest run",
                figure=max(run.processor for run in runs),
                unit="s",
                n=len(runs),
            ),
        ),
        setting={
            "rows": "750 of the sample's voices and of invented places, of which many ask one thing of several places; "
            "250 planted, each kind in 8 to 20 ways that know nothing of the check",
            "thresholds": "set on seeds 0 to 2; these are other seeds of the same ways",
            "found": "the planted row, or the one that it was made of, is named with that kind",
            "missed most": ", ".join(f"{way} ({count})" for way, count in missed.most_common(6)) or "nothing",
        },
    )


def _share(name: str, kind: str, runs: Sequence[_Scored]) -> Row:
    found, planted = sum(run.found[kind] for run in runs), sum(run.planted[kind] for run in runs)
    interval = wilson_interval(found, planted)
    return Row(
        name=f"{name}, found",
        figure=found / planted,
        unit="",
        n=planted,
        target=at_least(0.95),
        interval=(interval.low, interval.high),
    )


def _run(seed: int, embed: Embed) -> _Scored:
    planted = plant(seed)
    with tempfile.TemporaryDirectory() as folder:
        rows, golden, held_out = planted.write(Path(folder))
        options = CheckOptions(contract=Contract(SupportReply), golden=golden, held_out=held_out)
        before = time.process_time()
        report = check_rows([rows], options, embed=embed)
    return _scored(planted, report, time.process_time() - before)


def _scored(planted: Planted, report: DataReport, processor: float) -> _Scored:
    names = {_name(line): number for number, line in enumerate(planted.lines, start=1)}
    said: set[tuple[int, str]] = set()
    wrong: set[int] = set()
    for each in report.findings:
        line = int(each.place.rpartition(":")[2])
        lines = {line, names.get(each.other, line)} if each.kind in ("duplicate", "conflict") else {line}
        said |= {(number, each.kind) for number in lines}
        if not lines & planted.kinds.keys():
            wrong |= lines
    missed = [number for number, kind in planted.kinds.items() if (number, kind) not in said]
    return _Scored(
        planted=Counter(planted.kinds.values()),
        found=Counter(kind for number, kind in planted.kinds.items() if number not in missed),
        missed=Counter(f"{planted.kinds[number]}: {planted.ways[number]}" for number in missed),
        clean=len(planted.lines) - len(planted.kinds),
        wrong=len(wrong),
        seconds=report.seconds,
        processor=processor,
    )


def _name(line: str) -> str:
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError):
        return ""
