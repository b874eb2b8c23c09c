"""Copies of examples with one to three units of evidence, so that a voice speaks as well where little is found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hybrid.types import Evidence
from hybrid_adapters.rows.asking import numbered
from hybrid_adapters.rows.building import Builder, Draft
from hybrid_adapters.rows.splitting import draw

_MOST = 3


def with_few(drafts: Sequence[Draft], builder: Builder, *, share: float, seed: int) -> Iterator[Draft]:
    """Yield the drafts, and behind a drawn share of them a copy with one to three units of evidence.

    What the reply points at is kept, even where that is more than was drawn; the reply stays the same. Drafts without
    any evidence, and those with no more than they would keep, are not copied.

    Args:
        drafts: What was built.
        builder: Fits evidence to the model.
        share: Part of the drafts to copy, in [0, 1].
        seed: Decides which, and how much evidence stays.
    """
    ordered = sorted(drafts, key=lambda draft: draw(seed, "few", draft.id))
    copied = {draft.id for draft in ordered[: round(share * len(drafts))]}
    for draft in drafts:
        yield draft
        evidence = draft.asked.request.evidence
        if draft.id in copied and 0 < len(kept := _kept(draft, seed)) < len(evidence):
            yield _copy(draft, kept, builder)


def _kept(draft: Draft, seed: int) -> list[Evidence]:
    """Return the answers and the best of the others, in the order of the evidence."""
    answers = {unit.id for unit in draft.answers}
    others = [unit.id for unit in draft.asked.request.evidence if unit.id not in answers]
    wanted = 1 + draw(seed, "few units", draft.id) % _MOST
    stays = answers.union(others[: max(0, wanted - len(answers))])
    return [unit for unit in draft.asked.request.evidence if unit.id in stays]


def _copy(draft: Draft, kept: Sequence[Evidence], builder: Builder) -> Draft:
    shown = numbered(kept)
    renamed = {old.id: new for old, new in zip(kept, shown, strict=True)}
    return replace(
        draft,
        change=f"{draft.change}-few" if draft.change else "few",
        asked=builder.fitted(draft.asked.showing(shown)),
        answers=tuple(renamed[unit.id] for unit in draft.answers),
    )
