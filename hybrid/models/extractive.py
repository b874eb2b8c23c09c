"""The built-in model without a language model: it answers in the documents' own sentences, or refuses."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.calibration import load_threshold
from hybrid.config import Settings
from hybrid.evidence import number_evidence
from hybrid.models._quotes import choose_quotes
from hybrid.models._reading import plain
from hybrid.models._remembered import RememberedVectors
from hybrid.models._support import support_of
from hybrid.models._units import Embed, score_units
from hybrid.protocols import Knowledge
from hybrid.types import Answer, Citation, Evidence, Passage
from hybrid.verify import REFUSAL


class ExtractiveModel:
    """Picks the sentences that answer best and quotes them; refuses where the best is not good enough.

    Args:
        embed: Makes vectors; the index's own embedder.
        refuse_below: Support in [0, 1] below which a question is refused.
    """

    def __init__(self, *, embed: Embed, refuse_below: float) -> None:
        self._embed = embed
        self._refuse_below = refuse_below

    @property
    def name(self) -> str:
        """Name and version."""
        return "extractive-2"

    def answer(self, question: str, passages: Sequence[Passage]) -> Answer:
        """Return the best sentences as quotes with markers, or a refusal with the closest passages."""
        scored = score_units(question, number_evidence(passages), self._embed)
        support = support_of(scored, passages)
        refused = not scored or support < self._refuse_below
        quotes = [] if refused else choose_quotes(scored)
        lines = [f"{plain(unit.text)} [{marker}]" for marker, unit in enumerate(quotes, start=1)]
        return Answer(
            question=question,
            status="refused" if refused else "answered",
            text=REFUSAL if refused else "\n".join(lines),
            citations=tuple(_citation(marker, unit) for marker, unit in enumerate(quotes, start=1)),
            passages=tuple(passages),
            support=support,
            model=self.name,
        )


def from_settings(settings: Settings, knowledge: Knowledge) -> ExtractiveModel:
    """Return the model that settings describe, with the threshold they name or the calibrated one."""
    threshold = settings.answer.refuse_below
    if threshold is None:
        threshold = load_threshold(settings.index.path)
    return ExtractiveModel(embed=RememberedVectors(knowledge.embed), refuse_below=threshold)


def _citation(marker: int, unit: Evidence) -> Citation:
    passage = unit.passage
    return Citation(
        marker=marker,
        document_id=passage.document_id,
        uri=passage.uri,
        title=passage.title,
        version=passage.version,
        lines=unit.lines,
        page=unit.page,
        start=unit.start,
        end=unit.end,
        quote=unit.text,
        verified=False,
    )
