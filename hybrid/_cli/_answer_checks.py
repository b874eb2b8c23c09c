"""The whole check of a configured index: what is found, and what its model answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hybrid._cli._checks import known_documents, recorded, require_file
from hybrid._cli._display import Display
from hybrid._cli._opening import opened, settings_of
from hybrid.config import Settings
from hybrid.evaluation.answers import check_answers
from hybrid.evaluation.check import recall_check
from hybrid.evaluation.golden import load_golden
from hybrid.evaluation.regression import CheckReport, compare_answers, load_earlier
from hybrid.health import Inspectable
from hybrid.types import Answer, Principal


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What the options of ``hybrid check`` say."""

    golden: Path
    model: str | None
    adapter: str | None
    min_recall: float
    baseline: Path | None
    slower: float
    config: Path | None


def run_check(inputs: Inputs, display: Display) -> CheckReport:
    """Run the check.

    Raises:
        GoldenError: Something that cannot be scored honestly.
        ConfigError: The configuration is missing, or names no model that is known.
        ModelError: The model cannot be loaded.
    """
    # Read first what needs no index, so that a mistyped name does not cost loading a model.
    earlier = load_earlier(inputs.baseline) if inputs.baseline else None
    require_file(inputs.golden)
    settings = _settings(inputs)
    with display.steps() as steps:
        steps("opening", 0, None)
        with opened(settings) as pipeline:
            failures = pipeline.knowledge.health().failures if isinstance(pipeline.knowledge, Inspectable) else ()
            golden = load_golden(inputs.golden, known_documents(pipeline, failures))
            recall = recall_check(
                pipeline.knowledge,
                golden,
                min_recall=inputs.min_recall,
                baseline=earlier.recall if earlier else None,
                config={**recorded(settings), "model": settings.answer.model},
                progress=steps,
            )

            def ask(text: str, principal: Principal) -> Answer:
                return pipeline.ask(text, principal=principal)

            answers = check_answers(pipeline.knowledge, golden.questions, ask, pipeline.composer.contract, steps)
    return CheckReport(
        recall=recall,
        answers=answers,
        regression=compare_answers(earlier, answers, slower=inputs.slower) if earlier else None,
    )


def _settings(inputs: Inputs) -> Settings:
    settings = settings_of(inputs.config)
    changes: dict[str, object] = {}
    if inputs.model is not None:
        # An adapter was made for one base: another one speaks without, unless one is named.
        changes = {"model": inputs.model, "adapter": inputs.adapter}
    elif inputs.adapter is not None:
        changes = {"adapter": inputs.adapter}
    return settings.model_copy(update={"answer": settings.answer.model_copy(update=changes)})
