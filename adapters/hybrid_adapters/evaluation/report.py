"""The report of an evaluation: a JSON file in the registry, one for each time that a version was measured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from hybrid._files import replace_file
from hybrid.errors import ModelFilesError, StorageError
from hybrid.evaluation.gate import Results

FOLDER = "evaluations"
"""Folder of the reports within an adapter's folder of the registry."""

FORMAT = 1
"""Version of the report; raised when a field changes its meaning."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A part of the whole, from 0 to 1."""

ArmName = Literal["base", "prompt", "simpler", "tuned", "service"]
"""``base`` reads evidence and question alone, ``prompt`` is the base with its best prompt, ``tuned`` the adapter,
``service`` the version that is in service. Of a ranker, ``simpler`` does without one."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvaluatedRows(_Record):
    """What was asked."""

    name: str
    """Name of the file."""

    version: str
    """SHA-256 (hex) of all of its rows."""

    seen: PositiveInt | None = None
    """How many of its rows are for training, which were not asked; None where nobody counted."""


class Figures(_Record):
    """What one arm reached, as means over the rows; None where it was not measured or does not apply."""

    model: str
    """What replied."""

    prompt: str = ""
    """How it was asked, in words."""

    score: Share
    """The primary metric: see ``Scored.score``."""

    interval: tuple[float, float]
    """95 % bootstrap interval of the score."""

    format_valid: Share | None = None
    """Part of the replies that keep the contract with no grammar to force them."""

    exact_match: Share | None = None
    """Part of the replies that are the reference."""

    refusal_accuracy: Share | None = None
    """Part of the replies that refuse where the reference does, and only there."""

    evidence_f1: Share | None = None
    """Of the evidence ids, over rows whose reference or reply has some."""

    mrr: Share | None = None
    """Of a ranker: mean of one over the rank of the first unit that answers."""

    label_accuracy: Share | None = None
    """Part of the choices that are the reference's."""

    rouge_1: Share | None = None
    """Of the words that the model chose itself."""

    rouge_2: Share | None = None
    """Of the same words."""

    rouge_l: Share | None = None
    """Of the same words."""

    bleu: Share | None = None
    """Corpus BLEU of the same words, as sacrebleu has it, over 100."""

    voice: Share | None = None
    """Part of the replies whose words a classifier gives to the voice."""

    perplexity: float | None = None
    """Of the references."""

    general_perplexity: float | None = None
    """Of general text that has nothing to do with the task."""

    seconds: float | None = None
    """Median time of a reply."""

    reply_tokens: float | None = None
    """Mean tokens of a reply."""

    error_classes: Mapping[str, Share] = {}
    """Part of the rows in which it failed so."""


class RowScore(_Record):
    """How one arm did on one row."""

    score: Share
    """Its score."""

    faults: tuple[str, ...] = ()
    """Its error classes."""


class GateRecord(_Record):
    """What the gate said."""

    passed: bool
    """Whether the adapter may be put in service."""

    reasons: tuple[str, ...]
    """Why not."""

    margin: float
    """Least gain that was asked."""

    gains: Mapping[str, tuple[float, float, float]]
    """By rival the mean gain and both ends of its 95 % interval."""

    promoted: bool = False
    """Whether the version was put in service by this."""


class Evaluation(_Record):
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
