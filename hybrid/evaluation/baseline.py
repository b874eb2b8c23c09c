"""An earlier report as the measure of a new one: what moved, for which questions, and whether it is a step back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hybrid.errors import GoldenError
from hybrid.evaluation.intervals import Interval, bootstrap_intervals
from hybrid.evaluation.metrics import HEADLINE
from hybrid.evaluation.refusal import Refusal
from hybrid.evaluation.retrieval import Outcome

FORMAT_VERSION = 1
"""Version of the JSON report; raised when a field changes its meaning."""

TOLERANCE = 0.01
"""A metric may fall this far below the baseline: less is noise of ties and rounding."""

_ROUNDING = 1e-9
_LOWER_IS_BETTER = "false_refusals"


class _QuestionRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    scores: dict[str, float]


class _RefusalRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    true_refusals: float
    false_refusals: float


class _ReportRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int
    per_question: list[_QuestionRecord] = Field(min_length=1)
    refusal: _RefusalRecord | None = None


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What an earlier JSON report says."""

    name: str
    """Name of its file."""

    scores: Mapping[str, Mapping[str, float]]
    """Score by metric by question id; answerable questions only."""

    refusal: Mapping[str, float]
    """Its refusal rates; empty where it has none."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """How one figure moved."""

    name: str
    """Name of the metric or refusal rate."""

    before: float
    """In the baseline, over the shared questions."""

    after: float
    """Now, over the shared questions."""

    interval: Interval | None
    """Paired bootstrap interval of ``after - before``; None for refusal rates."""

    @property
    def is_worse(self) -> bool:
        """Whether it moved the wrong way by more than the tolerance."""
        fall = self.after - self.before if self.name == _LOWER_IS_BETTER else self.before - self.after
        return fall > TOLERANCE + _ROUNDING


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A report against its baseline."""

    baseline: str
    """Name of the baseline's file."""

    questions: int
    """Answerable questions that both have; only these are compared."""

    added: int
    """Questions that only the new report has."""

    removed: int
    """Questions that only the baseline has."""

    changes: tuple[Change, ...]
    """Every figure that both have."""

    newly_missed: tuple[str, ...]
    """Ids of questions whose headline metric fell."""

    newly_found: tuple[str, ...]
    """Ids of questions whose headline metric rose."""


def load_baseline(path: Path) -> Baseline:
    """Return an earlier JSON report.

    Raises:
        GoldenError: The file is missing, is no such report, or was written by a newer version.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise GoldenError(f"{path}: baseline cannot be read ({error.strerror}); write one with --json first") from error
    return baseline_of(text, path)


def baseline_of(text: bytes, path: Path) -> Baseline:
    """Return an earlier JSON report.

    Args:
        text: The report.
        path: Where it was read from.

    Raises:
        GoldenError: It is no such report, or was written by a newer version.
    """
    try:
        record = _ReportRecord.model_validate_json(text)
    except ValidationError as error:
        raise GoldenError(f"{path}: not a report of recall-check; give a file written by its --json") from error
    if record.version > FORMAT_VERSION:
        raise GoldenError(
            f"{path}: report version {record.version} is newer than {FORMAT_VERSION}, the newest known; upgrade hybrid"
        )
    return Baseline(
        name=path.name,
        scores={row.id: row.scores for row in record.per_question if row.scores},
        refusal=record.refusal.model_dump() if record.refusal else {},
    )


def compare(baseline: Baseline, outcomes: Sequence[Outcome], refusal: Refusal | None) -> Comparison:
    """Return what moved between the baseline and these outcomes of answerable questions.

    Raises:
        GoldenError: They have no question in common.
    """
    now = {outcome.question.id: outcome.scores for outcome in outcomes}
    shared = [identifier for identifier in now if identifier in baseline.scores]
    if not shared:
        raise GoldenError(f"{baseline.name}: the baseline has no question id in common with this check; make a new one")
    gained = {name: now[name][HEADLINE] - baseline.scores[name].get(HEADLINE, 0.0) for name in shared}
    return Comparison(
        baseline=baseline.name,
        questions=len(shared),
        added=len(now) - len(shared),
        removed=len(baseline.scores) - len(shared),
        changes=(*_metric_changes(baseline.scores, now, shared), *_refusal_changes(baseline.refusal, refusal)),
        newly_missed=tuple(name for name in shared if gained[name] < -_ROUNDING),
        newly_found=tuple(name for name in shared if gained[name] > _ROUNDING),
    )


def _metric_changes(
    before: Mapping[str, Mapping[str, float]], after: Mapping[str, Mapping[str, float]], shared: Sequence[str]
) -> list[Change]:
    names = [name for name in after[shared[0]] if all(name in before[row] for row in shared)]
    differences = {name: [after[row][name] - before[row][name] for row in shared] for name in names}
    intervals = bootstrap_intervals(differences)
    return [
        Change(
            name=name,
            before=sum(before[row][name] for row in shared) / len(shared),
            after=sum(after[row][name] for row in shared) / len(shared),
            interval=intervals[name],
        )
        for name in names
    ]


def _refusal_changes(before: Mapping[str, float], refusal: Refusal | None) -> list[Change]:
    if refusal is None:
        return []
    after = {"true_refusals": refusal.rates.true_refusals, "false_refusals": refusal.rates.false_refusals}
    return [
        Change(name=name, before=before[name], after=after[name], interval=None) for name in after if name in before
    ]
