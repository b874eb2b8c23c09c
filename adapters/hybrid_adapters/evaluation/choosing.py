"""Measuring an evidence ranker on held-out choice rows: does the unit that comes first answer, and would it without?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from hybrid.errors import RowsError
from hybrid.evaluation.gate import require_rows
from hybrid.evaluation.intervals import bootstrap_intervals
from hybrid.evidence.scoring import with_answers
from hybrid_adapters.evaluation.records import EvaluatedRows, Figures, GateRecord, RowScore
from hybrid_adapters.evaluation.report import Evaluation, now
from hybrid_adapters.ranker.choices import ChoiceRow, choices_version, read_choices
from hybrid_adapters.ranker.ranker import EvidenceRanker, load_ranker
from hybrid_adapters.ranker.serving import bundled
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version
from hybrid_adapters.training.seen import read_seen

WRONG = "wrong evidence"
"""Error class of a question whose first unit does not answer."""

Progress = Callable[[str, int, int | None], None]
"""Called with the name of an arm, the number of rows that were scored, and of all."""


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """Where one arm puts the first unit that answers, row by row."""

    model: str
    ranks: Sequence[int]
    seconds: float | None = None


def evaluate_ranker(
    registry: Registry, version: Version, rows: Path, *, margin: float, progress: Progress
) -> Evaluation:
    """Return what a ranker is worth on the held-out rows of a file, before the gate has judged it.

    Arms: ``simpler`` orders units by meaning, words and the passage's rank; ``tuned`` adds the ranker as serving does;
    ``service`` adds the one in service, or the bundled one where no other of the name is.

    Args:
        registry: Where it is.
        version: The ranker.
        rows: Choice rows, those for training and those held out.
        margin: Least gain that is asked.
        progress: Told of every row.

    Raises:
        RowsError: Fewer than 20 answerable rows are held out, or the ranker was trained on one of them.
        ModelFilesError: Its files were changed, or belong to another base than the installed one.
        MissingExtraError: The packages for it are not installed.
    """
    held = read_choices(rows)
    asked = [row for row in held if row.split == "held-out" and row.answerable]
    require_rows(len(asked))
    _refuse_seen(rows, asked, version)
    outcomes = {
        "simpler": _Outcome(model="meaning, words and rank", ranks=[_rank(row, _plain(row)) for row in asked]),
        "tuned": _ranked("tuned", load_ranker(version.folder), asked, progress),
    }
    skipped: dict[str, str] = {}
    service = _service(registry, version)
    if service is None:
        skipped["service"] = "there is no other ranker"
    else:
        outcomes["service"] = _ranked("service", load_ranker(service.folder), asked, progress)
    figures = {name: _figures(outcome) for name, outcome in outcomes.items()}
    training = sum(row.split == "train" for row in held)
    return Evaluation(
        adapter=version.label,
        weights_sha256=version.manifest.weights_sha256,
        created=now(),
        rows=len(asked),
        dataset=EvaluatedRows(name=rows.name, version=choices_version(held), seen=training or None),
        score=figures["tuned"].score,
        error_classes=figures["tuned"].error_classes,
        arms=figures,
        skipped=skipped,
        in_service=_label_in_service(registry, version),
        per_row={name: _row_scores(asked, outcome) for name, outcome in outcomes.items()},
        gate=GateRecord(passed=False, reasons=(), margin=margin, gains={}),
    )


def _ranked(name: str, ranker: EvidenceRanker, rows: Sequence[ChoiceRow], progress: Progress) -> _Outcome:
    ranks: list[int] = []
    seconds: list[float] = []
    for done, row in enumerate(rows, start=1):
        started = time.perf_counter()
        answers: list[float] = ranker.scores(row.question, [each.text for each in row.candidates]).tolist()
        seconds.append(time.perf_counter() - started)
        ranks.append(_rank(row, with_answers(_plain(row), answers)))
        progress(name, done, len(rows))
    return _Outcome(model=ranker.name, ranks=ranks, seconds=median(seconds))


def _plain(row: ChoiceRow) -> list[float]:
    return [each.score for each in row.candidates]


def _rank(row: ChoiceRow, scores: Sequence[float]) -> int:
    """Return the rank of the first unit that answers, from 1; ties in the order of the row."""
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    return next(rank for rank, place in enumerate(order, start=1) if row.candidates[place].answers)


def _figures(outcome: _Outcome) -> Figures:
    first = [float(rank == 1) for rank in outcome.ranks]
    interval = bootstrap_intervals({"score": first})["score"]
    score = sum(first) / len(first)
    return Figures(
        model=outcome.model,
        score=score,
        interval=(interval.low, interval.high),
        mrr=sum(1 / rank for rank in outcome.ranks) / len(outcome.ranks),
        seconds=outcome.seconds,
        error_classes={WRONG: 1 - score} if score < 1 else {},
    )


def _row_scores(rows: Sequence[ChoiceRow], outcome: _Outcome) -> Mapping[str, RowScore]:
    return {
        row.id: RowScore(score=float(rank == 1), faults=() if rank == 1 else (WRONG,))
        for row, rank in zip(rows, outcome.ranks, strict=True)
    }


def _service(registry: Registry, version: Version) -> Version | None:
    """Return the ranker that would serve without this one; None for the bundled one, without which there is none."""
    label, own = _label_in_service(registry, version), bundled()
    if label not in (None, version.label):
        return registry.resolve(f"{label}")
    return None if version.folder == own.folder else own


def _label_in_service(registry: Registry, version: Version) -> str | None:
    current = registry.current(version.manifest.name)
    return None if current is None else f"{version.manifest.name}@{current}"


def _refuse_seen(path: Path, asked: Sequence[ChoiceRow], version: Version) -> None:
    seen = read_seen(version.folder) or frozenset[str]()
    if known := [row.id for row in asked if row.digest in seen]:
        raise RowsError(
            f"{path}: {version.label} was trained on {len(known)} of {len(asked)} held-out rows, the first "
            f"{known[0]!r}; hold out rows that it has not seen"
        )
