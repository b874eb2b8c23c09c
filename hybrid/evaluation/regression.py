"""The whole check of a golden set, retrieval and answers, against an earlier one: what moved, and is it a step back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hybrid.errors import CheckFailed, GoldenError
from hybrid.evaluation.answers import AnswerReport
from hybrid.evaluation.baseline import TOLERANCE, Baseline, baseline_of
from hybrid.evaluation.check import RecallReport

FORMAT_VERSION = 1
"""Version of the JSON report; raised when a field changes its meaning."""

SLOWER = 2.0
"""How many times as long as in the baseline the median answer may take."""

_NOTICED = 0.25
_SHOWN = 5


class _AnswersRecord(BaseModel):
    model_config = ConfigDict(frozen=True)

    figures: dict[str, float]
    seconds_p50: float
    per_question: dict[str, list[str]]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)

    version: int
    model: str
    recall: dict[str, object]
    answers: _AnswersRecord


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What an earlier report of ``hybrid check`` says."""

    name: str
    """Name of its file."""

    model: str
    """What replied then."""

    recall: Baseline
    """Its retrieval."""

    figures: Mapping[str, float]
    """Its answers' figures."""

    seconds: float
    """Its median time of an answer."""

    faults: Mapping[str, frozenset[str]]
    """Kinds of faults by question id."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A figure of the answers that is not what it was."""

    name: str
    """Its name."""

    before: float
    """Then."""

    after: float
    """Now."""

    worse: bool
    """Whether it is a step back by more than the tolerance."""


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Answers against those of an earlier report."""

    baseline: str
    """Name of its file."""

    model: str
    """What replied then."""

    moved: tuple[Moved, ...]
    """Every figure that both have and that differs."""

    newly_wrong: Mapping[str, tuple[str, ...]]
    """Kinds of faults that are new, by question id; only questions that both have."""

    newly_right: tuple[str, ...]
    """Ids of questions that had faults and have none now."""


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """Everything that ``hybrid check`` found."""

    recall: RecallReport
    """Retrieval."""

    answers: AnswerReport
    """Answers."""

    regression: Regression | None
    """What moved in the answers; None without a baseline."""

    @property
    def failures(self) -> tuple[str, ...]:
        """Why the check failed, one phrase each; empty when it passed."""
        moved = (
            [_phrase(each, self.regression) for each in self.regression.moved if each.worse] if self.regression else []
        )
        return (*self.recall.failures, *self.answers.failures, *moved)

    @property
    def passed(self) -> bool:
        """The verdict."""
        return not self.failures

    def require_passed(self) -> None:
        """Return if the check passed.

        Raises:
            CheckFailed: It did not; the message names every reason.
        """
        if self.failures:
            raise CheckFailed(f"check of {self.recall.name} failed: {'; '.join(self.failures)}")


def load_earlier(path: Path) -> Earlier:
    """Return an earlier report of ``hybrid check``.

    Raises:
        GoldenError: The file is missing, is no such report, or was written by a newer version.
    """
    try:
        record = _Record.model_validate_json(path.read_bytes())
    except OSError as error:
        raise GoldenError(f"{path}: baseline cannot be read ({error.strerror}); write one with --json first") from error
    except ValidationError as error:
        raise GoldenError(f"{path}: not a report of hybrid check; give a file written by its --json") from error
    if record.version > FORMAT_VERSION:
        raise GoldenError(
            f"{path}: report version {record.version} is newer than {FORMAT_VERSION}, the newest known; upgrade hybrid"
        )
    return Earlier(
        name=path.name,
        model=record.model,
        recall=baseline_of(json.dumps(record.recall).encode(), path),
        figures=record.answers.figures,
        seconds=record.answers.seconds_p50,
        faults={name: frozenset(kinds) for name, kinds in record.answers.per_question.items()},
    )


def compare_answers(earlier: Earlier, answers: AnswerReport, *, slower: float = SLOWER) -> Regression:
    """Return what moved since an earlier report.

    Args:
        earlier: What was.
        answers: What is.
        slower: How many times as long as then the median answer may take.
    """
    now = {each.question.id: frozenset(fault.kind for fault in each.faults) for each in answers.outcomes}
    shared = [name for name in now if name in earlier.faults]
    new = {name: tuple(sorted(now[name] - earlier.faults[name])) for name in shared}
    return Regression(
        baseline=earlier.name,
        model=earlier.model,
        moved=tuple(_moved(earlier, answers, slower)),
        newly_wrong={name: kinds for name, kinds in new.items() if kinds},
        newly_right=tuple(name for name in shared if earlier.faults[name] and not now[name]),
    )


def _moved(earlier: Earlier, answers: AnswerReport, slower: float) -> list[Moved]:
    found = [
        Moved(name=name, before=before, after=answers.figures[name], worse=before - answers.figures[name] > TOLERANCE)
        for name, before in earlier.figures.items()
        if name in answers.figures and answers.figures[name] != before
    ]
    before, after = earlier.seconds, answers.seconds_p50
    # Below a quarter of a second nobody notices, and a busy machine doubles it.
    worse = after > slower * before and after > _NOTICED
    return [*found, Moved(name="seconds_p50", before=before, after=after, worse=worse)]


def _phrase(moved: Moved, regression: Regression) -> str:
    names = list(regression.newly_wrong)
    listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    which = f" (newly wrong: {listed})" if names and moved.name != "seconds_p50" else ""
    return f"{moved.name} went from {moved.before:.4f} to {moved.after:.4f} against {regression.baseline}{which}"
