"""An example asked as its principal, by the stages of serving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hybrid.answering.request import ReplyRequest
from hybrid.answering.running import PASSAGES
from hybrid.evidence.selection import Kept
from hybrid.pipeline import Pipeline
from hybrid.types import Evidence, Passage, Principal

_DEEP = 100


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What serving would show a model."""

    principal: Principal
    """Who asks."""

    request: ReplyRequest
    """Question and evidence."""

    passages: tuple[Passage, ...]
    """What the search found, best first."""

    refused: bool
    """Whether serving would refuse without asking the model, because support is too low."""

    def showing(self, evidence: Sequence[Evidence]) -> Asked:
        """Return the same question with other units."""
        return replace(self, request=replace(self.request, evidence=tuple(evidence)))


def ask(pipeline: Pipeline, question: str, principal: Principal) -> Asked | None:
    """Return what a model would be asked, or None where the pipeline asks back by itself.

    Raises:
        ConfigError: The question is empty, too long or no text.
    """
    standalone = pipeline.rewriter.standalone(question, ())
    if not standalone.clear:
        return None
    found = pipeline.search(standalone.question, principal=principal, limit=PASSAGES)
    return _asked(pipeline, standalone.question, principal, found.passages)


def ask_without(pipeline: Pipeline, asked: Asked, kept: Kept) -> Asked:
    """Return what a model would be asked if some units were in no document."""
    return _asked(pipeline, asked.request.question, asked.principal, asked.passages, kept)


def deeper(pipeline: Pipeline, asked: Asked, kept: Kept) -> Sequence[Evidence]:
    """Return the units that are wanted out of the 100 best passages, for evidence that serving does not bring."""
    question = asked.request.question
    found = pipeline.search(question, principal=asked.principal, limit=_DEEP)
    return pipeline.composer.selector.select(question, found.passages, kept=kept).evidence


def numbered(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return units with new ids, in order."""
    return [replace(unit, id=f"E{place}") for place, unit in enumerate(evidence, start=1)]


def _asked(
    pipeline: Pipeline, question: str, principal: Principal, passages: tuple[Passage, ...], kept: Kept | None = None
) -> Asked:
    composer = pipeline.composer
    selection = composer.selector.select(question, passages, kept=kept)
    return Asked(
        principal=principal,
        request=composer.request(question, selection.evidence),
        passages=passages,
        refused=not selection.evidence or selection.support < composer.refuse_below,
    )
