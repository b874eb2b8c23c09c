"""The recall check of a configured index, and of a folder on a throw-away index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hybrid._cli._display import Display, Steps
from hybrid._cli._opening import settings_of
from hybrid._cli._scratch import open_scratch, scratch_settings
from hybrid.calibration import load_threshold, save_threshold
from hybrid.channel.opening import opened
from hybrid.channel.served import ServedKnowledge
from hybrid.config import Settings
from hybrid.errors import ConfigError, GoldenError
from hybrid.evaluation.baseline import Baseline, load_baseline
from hybrid.evaluation.beir import load_beir
from hybrid.evaluation.check import RecallReport, recall_check
from hybrid.evaluation.golden import load_golden
from hybrid.evaluation.last_check import check_of, save_last_check
from hybrid.evaluation.leaks import Ask
from hybrid.evaluation.questions import GoldenSet
from hybrid.health import Inspectable
from hybrid.pipeline import Pipeline
from hybrid.sync import Outcome, SyncReport
from hybrid.types import Answer, Principal


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What the options of ``hybrid recall-check`` say; kinds of input that exclude each other are refused."""

    golden: Path | None
    beir: Path | None
    source: Path | None
    queries: Path | None
    qrels: Path | None
    judged_only: bool
    min_recall: float
    baseline: Path | None
    config: Path | None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself or is incomplete."""
        kinds = {"GOLDEN": self.golden, "--beir": self.beir, "--source": self.source}
        given = [name for name, path in kinds.items() if path is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ConfigError(f"give exactly one of GOLDEN, --beir FOLDER or --source FOLDER, got {found}")
        if self.golden and (self.queries or self.qrels or self.judged_only):
            raise ConfigError(
                "--queries, --qrels and --judged-only belong to --beir and --source; a golden file has all"
            )
        if not self.golden and self.config:
            raise ConfigError(f"--config and {given[0]} exclude each other; the folder gets a throw-away index")
        if self.source and not (self.queries and self.qrels):
            raise ConfigError("--source needs --queries FILE and --qrels FILE; name both")
        if not 0 <= self.min_recall <= 1:
            raise ConfigError(f"--min-recall {self.min_recall!r} is out of range; give a number from 0 to 1")


def check(inputs: Inputs, display: Display) -> RecallReport:
    """Run the check that the inputs ask for.

    Raises:
        GoldenError: Something that cannot be scored honestly.
        ConfigError: A folder or the configuration is missing.
    """
    # Read first what needs no index, so that a mistyped name does not cost a sync.
    baseline = load_baseline(inputs.baseline) if inputs.baseline else None
    with display.steps() as steps:
        steps("opening", 0, None)
        if inputs.golden:
            return _check_configured(inputs, inputs.golden, baseline, display, steps)
        return _check_folder(inputs, baseline, display, steps)


def _check_configured(
    inputs: Inputs, golden: Path, baseline: Baseline | None, display: Display, steps: Steps
) -> RecallReport:
    settings = settings_of(inputs.config)
    require_file(golden)
    # Retrieval is checked, by thousands of questions: a language model would add hours, or a bill, and no citation.
    with opened(settings.without_model()) as pipeline:
        failures = pipeline.knowledge.health().failures if isinstance(pipeline.knowledge, Inspectable) else ()
        questions = load_golden(golden, known_documents(pipeline, failures))
        report = recall_check(
            pipeline.knowledge,
            questions,
            ask=_asker(pipeline, questions),
            min_recall=inputs.min_recall,
            baseline=baseline,
            config=recorded(settings),
            progress=steps,
        )
        served = isinstance(pipeline.knowledge, ServedKnowledge)
    save_last_check(settings.index.path, check_of(report))
    _calibrate(settings, report, display)
    if served and report.refusal is not None:
        display.note("the server that holds the index keeps to the threshold that it was started with")
    return report


def _check_folder(inputs: Inputs, baseline: Baseline | None, display: Display, steps: Steps) -> RecallReport:
    folder = inputs.beir or inputs.source or Path()
    queries, qrels = inputs.queries or folder / "queries.jsonl", inputs.qrels or folder / "qrels.tsv"
    settings = scratch_settings(folder, beir=inputs.beir is not None, left_out=(queries, qrels))
    for path in (queries, qrels):
        require_file(path)
    with open_scratch(settings) as pipeline:
        synced = pipeline.sync(progress=lambda at: steps("documents", at.done, at.total))
        _require_documents(folder, synced)
        for failure in synced.failures:
            display.note(f"left out: {failure.detail}")
        golden = load_beir(queries, qrels, known_documents(pipeline, synced.failures), judged_only=inputs.judged_only)
        return recall_check(
            pipeline.knowledge,
            golden,
            min_recall=inputs.min_recall,
            baseline=baseline,
            config=recorded(settings),
            progress=steps,
        )


def _asker(pipeline: Pipeline, golden: GoldenSet) -> Ask | None:
    """Return who answers; only questions that must be refused make it worth asking all of them."""
    if all(question.answerable for question in golden.questions):
        return None

    def ask(text: str, principal: Principal) -> Answer:
        return pipeline.ask(text, principal=principal)

    return ask


def known_documents(pipeline: Pipeline, failures: Sequence[Outcome]) -> list[str]:
    """Return every id that a question may name: a document that failed is a miss, not a mistyped name."""
    return [*pipeline.knowledge.document_ids(), *(failure.document_id for failure in failures)]


def recorded(settings: Settings) -> dict[str, str]:
    return {"embedding": settings.embedding.model, "sources": ", ".join(str(s.get("name")) for s in settings.sources)}


def _calibrate(settings: Settings, report: RecallReport, display: Display) -> None:
    """Store the threshold that the check found, for the next questions of this index."""
    if report.refusal is None:
        return
    before, threshold = load_threshold(settings.index.path), report.refusal.threshold
    if threshold == 0:
        display.note(f"no threshold separates the unanswerable questions well enough; it stays at {before:.4f}")
        return
    save_threshold(settings.index.path, threshold, questions=len(report.refusal.supports))
    display.note(f"this index refuses questions below a support of {threshold:.4f} from now on (before: {before:.4f})")
    if settings.answer.refuse_below is not None:
        display.note(f"but refuse_below = {settings.answer.refuse_below} in the configuration wins; remove it there")


def require_file(path: Path) -> None:
    if not path.is_file():
        raise GoldenError(f"{str(path)!r} does not exist or is no file; name an existing one")


def _require_documents(folder: Path, synced: SyncReport) -> None:
    """Refuse to check what an earlier run left in the cache when the folder itself cannot be read now."""
    unlisted = next((failure for failure in synced.failures if failure.document_id.endswith(":")), None)
    if unlisted is not None:
        raise GoldenError(unlisted.detail)
    readable = sum(synced.counts.values()) - synced.counts["failed"] - synced.counts["removed"]
    if readable <= 0:
        raise GoldenError(f"{str(folder)!r} holds no document that can be read; name a folder with documents")
