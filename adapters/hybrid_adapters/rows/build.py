"""From authored examples to a dataset: rows, split, card, and what was left out and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hybrid._files import replace_file
from hybrid.errors import RowsError
from hybrid.pipeline import Pipeline
from hybrid_adapters.rows.building import Builder, Draft, LeftOut
from hybrid_adapters.rows.card import ContractFacts, DatasetCard, card_path, card_text, counted, counts_of
from hybrid_adapters.rows.content import content_version
from hybrid_adapters.rows.cost import PromptCost, prompt_cost
from hybrid_adapters.rows.example import Placed
from hybrid_adapters.rows.few import with_few
from hybrid_adapters.rows.form import prompt_form_hash
from hybrid_adapters.rows.reading import Reader, Voice
from hybrid_adapters.rows.refusing import with_missing
from hybrid_adapters.rows.row import ChatMessage, TrainingRow, rows_text, rows_version
from hybrid_adapters.rows.splitting import held_out

Progress = Callable[[int, int], None]
"""Called with the number of examples that were asked, and of all."""

_TOOLS = ("hybrid", "pydantic", "qdrant-edge-py")


@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """What to build."""

    voice: Voice = Voice()
    """How the adapter will be served."""

    missing: float = 0.0
    """Part of the answered examples that is copied without its answer, in [0, 1]."""

    few: float = 0.0
    """Part of the rows that is copied with one to three units of evidence, in [0, 1]."""

    held_out: float = 0.15
    """Part of the rows that is not trained on, in [0, 1)."""

    put_in: bool = False
    """Whether evidence that retrieval does not bring is put among what it brings."""

    unapproved: bool = False
    """Whether examples that nobody approved are built too."""

    seed: int = 0
    """Decides everything that is drawn."""

    def admits(self, placed: Placed) -> bool:
        """Return whether an example is to be built, by what its reviewer decided."""
        return self.unapproved or placed.example.decision == "approved"

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        if not 0.0 <= self.missing <= 1.0:
            raise RowsError(f"the share of rows with missing evidence is {self.missing:g}; give one from 0 to 1")
        if not 0.0 <= self.few <= 1.0:
            raise RowsError(f"the share of rows with few units of evidence is {self.few:g}; give one from 0 to 1")
        if not 0.0 <= self.held_out < 1.0:
            raise RowsError(f"the share of held-out rows is {self.held_out:g}; give one from 0 to less than 1")


@dataclass(frozen=True, kw_only=True)
class Built:
    """A dataset that was built."""

    rows: tuple[TrainingRow, ...]
    """The rows, in the order of the examples."""

    card: DatasetCard
    """What is known of them."""

    left_out: tuple[LeftOut, ...]
    """Examples that became no row."""

    refused_by_support: tuple[str, ...]
    """Ids of answered rows whose question serving refuses before the model is asked, because support is too low."""

    cost: PromptCost
    """What prompts cost with the rules in them, and without."""

    notes: tuple[str, ...]
    """What a reader of the summary should know."""

    @property
    def faulty(self) -> int:
        """How many examples somebody must mend."""
        return sum(each.why == "faulty" for each in self.left_out)

    def write(self, path: Path) -> None:
        """Write the rows and their card; each file is there as a whole, or as it was.

        Raises:
            StorageError: The disk is full or refuses.
        """
        replace_file(path, rows_text(self.rows))
        replace_file(card_path(path), card_text(self.card))


def build_rows(
    pipeline: Pipeline,
    examples: Sequence[Placed],
    *,
    reader: Reader,
    contract: str,
    options: BuildOptions,
    progress: Progress = lambda done, total: None,
) -> Built:
    """Return the rows of examples: each is asked as its principal, and shown to the model as serving would.

    Args:
        pipeline: The one that serves; its composer has the contract of the examples.
        examples: What somebody authored.
        reader: How the model that is to be trained reads.
        contract: Name of the contract, ``module:Class``, for the card.
        options: What to build.
        progress: Called after each example.

    Raises:
        RowsError: Nothing can be built, or rows with missing evidence are wanted and no example refuses.
        NotIndexedError: Nothing has been synced yet.
    """
    chosen = [placed for placed in examples if options.admits(placed)]
    left_out = [_unapproved(placed) for placed in examples if not options.admits(placed)]
    builder = Builder(pipeline, reader=reader, voice=options.voice, put_in=options.put_in, seed=options.seed)
    drafts: list[Draft] = []
    for done, placed in enumerate(chosen, start=1):
        found = builder.draft(placed)
        if isinstance(found, Draft):
            drafts.append(found)
        else:
            left_out.append(found)
        progress(done, len(chosen))
    if not drafts:
        raise RowsError(_nothing(examples, left_out))
    drafts = list(with_missing(drafts, builder, pipeline, share=options.missing, seed=options.seed))
    drafts = list(with_few(drafts, builder, share=options.few, seed=options.seed))
    rows = _rows(drafts, pipeline, reader, options)
    return Built(
        rows=rows,
        card=_card(rows, drafts, examples, pipeline, contract, options),
        left_out=tuple(left_out),
        refused_by_support=tuple(
            draft.id for draft in drafts if draft.authored.status == "answered" and draft.asked.refused
        ),
        cost=prompt_cost(
            [draft.asked.request for draft in drafts], reader, options.voice, measure=options.voice.distilled
        ),
        notes=tuple(_notes(rows, options)),
    )


def _rows(
    drafts: Sequence[Draft], pipeline: Pipeline, reader: Reader, options: BuildOptions
) -> tuple[TrainingRow, ...]:
    held = held_out({draft.placed.example.id: draft.documents for draft in drafts}, options.held_out, options.seed)
    form = _form_hash(pipeline, options.voice)
    contract = pipeline.composer.contract.hash
    return tuple(
        TrainingRow(
            id=draft.id,
            messages=[
                *(ChatMessage.model_validate(each) for each in reader.messages(draft.asked.request, options.voice)),
                ChatMessage(role="assistant", content=draft.reply),
            ],
            example=draft.placed.example.id,
            documents=list(draft.documents),
            contract=contract,
            prompt_hash=form,
            era=draft.placed.example.era,
            reviewer=draft.placed.example.reviewer,
            decision=draft.placed.example.decision,
            split="held-out" if draft.placed.example.id in held else "train",
        )
        for draft in drafts
    )


def _card(
    rows: Sequence[TrainingRow],
    drafts: Sequence[Draft],
    examples: Sequence[Placed],
    pipeline: Pipeline,
    contract: str,
    options: BuildOptions,
) -> DatasetCard:
    files = sorted({draft.placed.file for draft in drafts})
    settings: dict[str, Any] = {
        "missing": options.missing,
        "few": options.few,
        "held_out": options.held_out,
        "put_in": options.put_in,
        "unapproved": options.unapproved,
        "seed": options.seed,
    }
    return DatasetCard(
        version=rows_version(rows),
        rows=len(rows),
        counts=counts_of(rows),
        reviewers=counted(row.reviewer or "nobody" for row in rows),
        contract=ContractFacts(name=contract, hash=pipeline.composer.contract.hash),
        prompt_hash=_form_hash(pipeline, options.voice),
        distilled=options.voice.distilled,
        instructions=options.voice.instructions,
        examples={file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        examples_version=content_version(placed.example.model_dump(mode="json", by_alias=True) for placed in examples),
        settings=settings,
        tools={name: version(name) for name in _TOOLS},
    )


def _form_hash(pipeline: Pipeline, voice: Voice) -> str:
    return prompt_form_hash(pipeline.composer.contract, instructions=voice.instructions, distilled=voice.distilled)


def _notes(rows: Sequence[TrainingRow], options: BuildOptions) -> list[str]:
    notes: list[str] = []
    resting = {row.split for row in rows if row.documents}
    if options.held_out and resting == {"train"}:
        notes.append(
            "no document could be held out: all answered examples rest on documents in common, so all of them train"
        )
    return notes


def _unapproved(placed: Placed) -> LeftOut:
    example = placed.example
    return LeftOut(
        example=example.id, place=placed.place, why="unapproved", reason=f"its decision is {example.decision!r}"
    )


def _nothing(examples: Sequence[Placed], left_out: Sequence[LeftOut]) -> str:
    if not examples:
        return "there are no examples; name files that hold some"
    first = left_out[0]
    return (
        f"none of {len(examples)} examples became a row; the first, {first.example!r} at {first.place}, "
        f"is {first.why}: {first.reason}"
    )
