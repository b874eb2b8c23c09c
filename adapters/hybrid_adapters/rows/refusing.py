"""Copies of answered examples whose answer is taken away, so that a voice learns to refuse with evidence before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hybrid.errors import RowsError
from hybrid.pipeline import Pipeline
from hybrid_adapters.rows.asking import ask_without
from hybrid_adapters.rows.building import Builder, Draft
from hybrid_adapters.rows.missing import without
from hybrid_adapters.rows.pointing import refusal_of
from hybrid_adapters.rows.splitting import draw


def with_missing(
    drafts: Sequence[Draft], builder: Builder, pipeline: Pipeline, *, share: float, seed: int
) -> Iterator[Draft]:
    """Yield the drafts, and behind a drawn share of the answered ones a copy without its answer.

    The copy's reply has the words of a refusal out of the same file of examples, or of any file where that has none.

    Args:
        drafts: What was built.
        builder: Fits evidence to the model.
        pipeline: The one that serves.
        share: Part of the answered examples to copy, in [0, 1].
        seed: Decides which, and which refusal.

    Raises:
        RowsError: No example refuses, so nobody knows how the voice does.
    """
    refused = [draft for draft in drafts if draft.authored.status == "refused"]
    answered = [draft for draft in drafts if draft.authored.status == "answered"]
    if share and answered and not refused:
        raise RowsError("rows with missing evidence need an example that refuses, for its words; write one at least")
    ordered = sorted(answered, key=lambda draft: draw(seed, "missing", draft.placed.example.id))
    copied = {draft.id for draft in ordered[: round(share * len(answered))]}
    for draft in drafts:
        yield draft
        if draft.id in copied:
            yield _copy(draft, _words_for(draft, refused, seed), builder, pipeline)


def _copy(draft: Draft, refusal: Draft, builder: Builder, pipeline: Pipeline) -> Draft:
    asked = ask_without(pipeline, draft.asked, without(draft.answers))
    return replace(
        draft,
        change="missing",
        authored=refusal_of(draft.authored, refusal.authored, pipeline.composer.contract),
        asked=builder.fitted(asked),
        answers=(),
    )


def _words_for(draft: Draft, refused: Sequence[Draft], seed: int) -> Draft:
    own = [each for each in refused if each.placed.file == draft.placed.file] or refused
    return own[draw(seed, "refusal", draft.placed.example.id) % len(own)]
