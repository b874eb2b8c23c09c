"""Measuring a version on held-out rows, next to its base, its base with the best prompt, and what is in service."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from hybrid.answering.assembly import contract_named
from hybrid.contract import Contract
from hybrid.errors import MissingExtraError
from hybrid.evaluation.gate import Limits, decide
from hybrid.models.remote import RemoteModel, require_key
from hybrid_adapters.evaluation.arms import Arm, Asker, Outcome, Progress, general_text
from hybrid_adapters.evaluation.choosing import evaluate_ranker
from hybrid_adapters.evaluation.code_tests import with_code
from hybrid_adapters.evaluation.comparing import Arms, in_service
from hybrid_adapters.evaluation.figures import figures_of, row_scores
from hybrid_adapters.evaluation.held_out import HeldOutRows, held_out_rows
from hybrid_adapters.evaluation.judging import judged_by
from hybrid_adapters.evaluation.options import Options
from hybrid_adapters.evaluation.rating import items
from hybrid_adapters.evaluation.rating_page import write_sheet
from hybrid_adapters.evaluation.records import EvaluatedRows, GateRecord
from hybrid_adapters.evaluation.remote import RemoteWriter
from hybrid_adapters.evaluation.report import Evaluation, now
from hybrid_adapters.evaluation.store import Store
from hybrid_adapters.evaluation.voice import VoiceJudge
from hybrid_adapters.evaluation.writing import LocalWriter
from hybrid_adapters.local._loading import Quantization
from hybrid_adapters.ranker.serving import resolve
from hybrid_adapters.registry.fit import check_contract
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version
from hybrid_adapters.rows.row import TrainingRow

_CONTRAST = 24
"""Training rows that the base is asked, so that the judge of voices hears how it speaks by itself."""


def evaluate(
    registry: Registry,
    name: str,
    rows: Path,
    options: Options,
    *,
    progress: Progress = lambda step, done, total: None,
) -> Evaluation:
    """Return what a version is worth on the held-out rows of a file.

    A run that was killed goes on where it stopped when it is repeated.

    Args:
        registry: Where it is.
        name: The version.
        rows: Chat rows, those for training and those held out.
        options: How.
        progress: Told of every row.

    Raises:
        RowsError: Fewer than 20 rows are held out, or the adapter was trained on one of them.
        ModelFilesError: There is no such version, or it does not fit the base at hand.
        MissingExtraError: The packages for it are not installed.
    """
    version = resolve(registry, name)
    if version.manifest.kind == "ranker":
        found = evaluate_ranker(registry, version, rows, margin=options.limits.margin, progress=progress)
        return judged(found, options.limits)
    manifest, contract = version.manifest, contract_named(options.contract)
    check_contract(manifest, contract)
    held_out = held_out_rows(rows, manifest, version.folder)
    base = options.base or manifest.base.name
    writer = LocalWriter(base, cast(Quantization, manifest.base.quantization), registry, contract)
    store = Store(f"{version.label}-{manifest.weights_sha256[:12]}-{held_out.version[:12]}")
    asker = Asker(contract, store, progress)
    with _asked_remotely(options.remote, contract) as remote:
        found = _Run(registry, version, held_out, writer, asker, options, remote).evaluation()
    store.forget()
    return found


class _Run:
    """One evaluation of a voice."""

    def __init__(
        self,
        registry: Registry,
        version: Version,
        rows: HeldOutRows,
        writer: LocalWriter,
        asker: Asker,
        options: Options,
        remote: RemoteWriter | None,
    ) -> None:
        self._arms = Arms(registry, version, rows, writer, asker, options.instructions, remote)
        self._registry = registry
        self._version = version
        self._rows = rows
        self._writer = writer
        self._asker = asker
        self._options = options
        self._skipped: dict[str, str] = {}

    def evaluation(self) -> Evaluation:
        """Ask all arms and return the report."""
        outcomes = {arm.name: self._measured(arm) for arm in self._arms.all()}
        if self._options.sheet is not None:
            write_sheet(self._options.sheet, items(outcomes, self._rows.version), self._rows.version)
        judge = self._options.judge
        thought = judged_by(judge, outcomes, progress=self._asker.progress) if judge is not None else None
        heard = self._heard(outcomes)
        figures = {name: figures_of(outcome, heard[name]) for name, outcome in outcomes.items()}
        found = Evaluation(
            adapter=self._version.label,
            weights_sha256=self._version.manifest.weights_sha256,
            created=now(),
            rows=len(self._rows.asked),
            dataset=EvaluatedRows(
                name=self._rows.name, version=self._rows.version, seen=len(self._rows.training) or None
            ),
            score=figures["tuned"].score,
            error_classes=figures["tuned"].error_classes,
            arms=figures,
            skipped={**self._arms.skipped, **self._skipped},
            in_service=in_service(self._registry, self._version),
            judge=thought,
            per_row={name: row_scores(outcome, heard[name]) for name, outcome in outcomes.items()},
            gate=GateRecord(passed=False, reasons=(), margin=self._options.limits.margin, gains={}),
        )
        return judged(found, self._options.limits)

    def _measured(self, arm: Arm) -> Outcome:
        text = self._options.general or general_text()
        outcome = self._asker.outcome(arm, self._rows.asked)
        if self._options.code_tests:
            outcome = with_code(outcome, self._options.code_tests)
        if arm.writer is not self._writer:
            return outcome
        return replace(outcome, general=self._writer.perplexity(text, arm.voice))

    def _heard(self, outcomes: Mapping[str, Outcome]) -> dict[str, list[bool | None]]:
        """Return for each arm and row whether its words are those of the voice."""
        nothing: dict[str, list[bool | None]] = {name: [None] * len(each.rows) for name, each in outcomes.items()}
        taught = self._asker.outcome(self._arms.bare, self._contrast(), step="hearing the base")
        own = [each.reference for each in taught.scored if each.reference]
        theirs = [each.words for each in taught.scored if each.words and each.words != each.reference]
        if not own or not theirs:
            self._skipped["voice"] = "the replies hold no words of their own" if not own else "the base speaks alike"
            return nothing
        try:
            judge = VoiceJudge({"own": own, "base": theirs})
        except MissingExtraError as error:
            self._skipped["voice"] = str(error)
            return nothing
        return {name: list(_in_voice(judge, each)) for name, each in outcomes.items()}

    def _contrast(self) -> Sequence[TrainingRow]:
        training = self._rows.training
        return training[:: max(1, len(training) // _CONTRAST)][:_CONTRAST]


@contextmanager
def _asked_remotely(name: str | None, contract: Contract[Any]) -> Generator[RemoteWriter | None]:
    if name is None:
        yield None
        return
    require_key(name)
    with closing(RemoteModel(name)) as model:
        yield RemoteWriter(model, contract)


def judged(evaluation: Evaluation, limits: Limits) -> Evaluation:
    """Return a report with what the gate says of it.

    Raises:
        RowsError: There are too few rows, or nothing to compare with.
    """
    verdict = decide(evaluation.results("tuned"), evaluation.rivals, limits)
    gains = {
        each.rival: (each.gain.mean, each.gain.interval.low, each.gain.interval.high) for each in verdict.comparisons
    }
    record = GateRecord(passed=verdict.passed, reasons=verdict.reasons, margin=limits.margin, gains=gains)
    return evaluation.model_copy(update={"gate": record})


def _in_voice(judge: VoiceJudge, outcome: Outcome) -> Iterator[bool | None]:
    spoken = iter(judge.voices([each.words for each in outcome.scored if each.words]))
    for each in outcome.scored:
        if each.words:
            yield next(spoken) == "own"
        else:
            # Silence where words were wanted is not the voice either.
            yield False if each.reference else None
