"""The report of an evaluation: a JSON file in the registry, one for each time that a version was measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import PositiveInt, ValidationError

from hybrid._files import replace_file
from hybrid.errors import ModelFilesError, StorageError
from hybrid.evaluation.gate import Results
from hybrid_adapters.evaluation.records import EvaluatedRows, Figures, GateRecord, JudgeRecord, Record, RowScore, Share

FOLDER = "evaluations"
"""Folder of the reports within an adapter's folder of the registry."""

FORMAT = 1
"""Version of the report; raised when a field changes its meaning."""


class Evaluation(Record):
    """Everything that one evaluation found. It holds no text of documents, questions or replies."""

    format: int = FORMAT
    """Version of this form."""

    adapter: str
    """Name and version, such as ``support-voice@3``."""

    weights_sha256: str
    """Of the weights that were measured."""

    created: datetime
    """When it ended (UTC)."""

    rows: PositiveInt
    """Number of held-out rows."""

    dataset: EvaluatedRows
    """Where they come from."""

    score: Share
    """The primary metric of the adapter."""

    error_classes: Mapping[str, Share]
    """Part of the rows in which the adapter failed so, the most frequent first."""

    arms: Mapping[str, Figures]
    """What each arm reached, by name."""

    skipped: Mapping[str, str] = {}
    """Arms and metrics that were left out, and why."""

    in_service: str | None = None
    """The version that was in service then."""

    agreement: Mapping[str, float] = {}
    """How far raters agree, as Krippendorff's alpha: ``alpha_accuracy``, ..."""

    ratings: Mapping[str, Mapping[str, float]] = {}
    """Means of people's ratings from 1 to 5, by arm and criterion."""

    judge: JudgeRecord | None = None
    """What a language model thinks of the replies; None where none was asked."""

    per_row: Mapping[str, Mapping[str, RowScore]]
    """By arm and row id."""

    gate: GateRecord
    """What the gate says of it."""

    def results(self, arm: str) -> Results:
        """Return an arm's results as the gate takes them."""
        rows, figures = self.per_row[arm], self.arms[arm]
        return Results(
            scores=[row.score for row in rows.values()],
            faults=[frozenset(row.faults) for row in rows.values()],
            format_valid=figures.format_valid,
            general=figures.general_perplexity,
        )

    @property
    def rivals(self) -> dict[str, Results]:
        """Results of the arms that the gate compares the adapter with."""
        return {name: self.results(name) for name in ("prompt", "simpler", "service") if name in self.arms}


def save_evaluation(registry: Path, evaluation: Evaluation) -> Path:
    """Write a report beside the versions of its adapter, and return its file.

    Raises:
        StorageError: The disk is full or refuses.
    """
    name, _, version = evaluation.adapter.partition("@")
    folder = registry / name / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{str(folder)!r} cannot be made ({error.strerror}); free some space") from None
    file = folder / f"{evaluation.created.astimezone(UTC):%Y%m%dT%H%M%SZ}-v{version}.json"
    replace_file(file, evaluation.model_dump_json(indent=1) + "\n")
    return file


def load_evaluations(registry: Path, name: str) -> list[Evaluation]:
    """Return the reports of an adapter's versions, oldest first.

    Args:
        registry: Its folder.
        name: The adapter, without a version.

    Raises:
        ModelFilesError: A report is damaged.
    """
    return [_read(file) for file in sorted((registry / name / FOLDER).glob("*.json"))]


def _read(file: Path) -> Evaluation:
    try:
        return Evaluation.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ModelFilesError(f"{file} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise ModelFilesError(
            f"{file} is no evaluation: {where}: {first['msg'].lower()}; remove it, or run: hybrid adapter evaluate"
        ) from None


def now() -> datetime:
    """Return the time to the second (UTC)."""
    return datetime.now(UTC).replace(microsecond=0)
