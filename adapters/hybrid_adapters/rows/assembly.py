"""A dataset from settings and files, as ``hybrid data build`` makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hybrid.answering.assembly import contract_named
from hybrid.channel.opening import opened
from hybrid.config import AnswerSettings, Settings
from hybrid_adapters.rows.build import BuildOptions, Built, Progress, build_rows
from hybrid_adapters.rows.example import load_examples
from hybrid_adapters.rows.reading import AnyReader, LocalReader, Reader

_LOCAL = "local:"


def build_from_settings(
    settings: Settings,
    examples: Sequence[Path],
    *,
    contract: str | None,
    model: str | None,
    options: BuildOptions,
    progress: Progress,
) -> Built:
    """Return the dataset of files of examples; no model is asked for a reply.

    Args:
        settings: The configuration of the pipeline that will serve.
        examples: Files, and folders of files.
        contract: ``module:Class``; the configured one, when left out.
        model: Model that is to be trained: it decides which evidence fits and counts tokens. The configured one, when
            left out; if that is not local, all evidence is taken to fit and tokens are estimated.
        options: What to build.
        progress: Called after each example.

    Raises:
        RowsError: The examples cannot be read, or none of them becomes a row.
        ConfigError: The contract cannot be loaded.
        ModelFilesError: The model cannot be.
        IndexStateError: The index cannot be used.
    """
    placed = load_examples(examples)
    name = contract or settings.answer.contract
    kept = contract_named(name)
    reader = _reader(model or settings.answer.model, settings.answer)
    with opened(_without_model(settings)) as pipeline:
        pipeline.composer = replace(pipeline.composer, contract=kept)
        return build_rows(pipeline, placed, reader=reader, contract=name, options=options, progress=progress)


def _reader(model: str, answer: AnswerSettings) -> Reader:
    local = model.startswith(_LOCAL)
    return LocalReader(model.removeprefix(_LOCAL), answer.quantization) if local else AnyReader()


def _without_model(settings: Settings) -> Settings:
    """Return settings whose pipeline retrieves as theirs does and loads no model; it could not speak the contract."""
    plain = AnswerSettings()
    answer = settings.answer.model_copy(
        update={"model": plain.model, "contract": plain.contract, "adapter": plain.adapter}
    )
    return settings.model_copy(update={"answer": answer})
