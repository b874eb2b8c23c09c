"""One example after the other through the pipeline: what becomes a row, and why anything else does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hybrid.errors import ConfigError, ModelError, RowsError
from hybrid.evaluation.names import DocumentNames
from hybrid.pipeline import Pipeline
from hybrid.types import Evidence
from hybrid_adapters.rows.asking import Asked, ask, deeper, numbered
from hybrid_adapters.rows.example import Placed
from hybrid_adapters.rows.locating import Place, locate
from hybrid_adapters.rows.pointing import Authored, authored, claims_of
from hybrid_adapters.rows.reading import Reader, Voice
from hybrid_adapters.rows.splitting import draw

Why = Literal["faulty", "not found", "asked back", "unapproved"]
"""``faulty``: somebody must mend the example. ``not found``: retrieval does not bring its evidence. ``asked back``: the
pipeline asks back before any model could answer."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """An example that became no row."""

    example: str
    """Its id."""

    place: str
    """``file:line``."""

    why: Why
    """What kind of reason there is."""

    reason: str
    """What is wrong, without text of documents."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An example with what serving shows a model for it."""

    placed: Placed
    """The example."""

    change: str
    """What was changed against serving: nothing, ``put-in`` or ``missing``."""

    authored: Authored
    """The reply."""

    asked: Asked
    """Question and evidence."""

    answers: tuple[Evidence, ...]
    """The unit for each pointer of the reply, in order."""

    documents: tuple[str, ...]
    """Ids of the documents that the example's reply rests on, sorted."""

    @property
    def id(self) -> str:
        """Name of the row."""
        return f"{self.placed.example.id}:{self.change}" if self.change else self.placed.example.id

    @property
    def reply(self) -> str:
        """The reply as a model writes it."""
        return self.authored.json({f"E{place}": unit.id for place, unit in enumerate(self.answers, start=1)})


class Builder:
    """Turns examples into drafts of rows.

    Args:
        pipeline: The one that serves, with the contract of the examples.
        reader: Fits evidence to the model that is to be trained.
        voice: How the adapter will be served.
        put_in: Whether evidence that retrieval does not bring is put among what it brings.
        seed: Decides where it is put.
    """

    def __init__(self, pipeline: Pipeline, *, reader: Reader, voice: Voice, put_in: bool, seed: int) -> None:
        self._pipeline = pipeline
        self._reader = reader
        self._voice = voice
        self._put_in = put_in
        self._seed = seed
        self._names = DocumentNames(pipeline.knowledge.document_ids())

    def draft(self, placed: Placed) -> Draft | LeftOut:
        """Return the draft of an example, or why there is none."""
        example = placed.example
        try:
            found = authored(example.reply, self._pipeline.composer.contract)
            places = [
                locate(pointer, self._names, self._pipeline.knowledge, example.principal) for pointer in found.pointers
            ]
            asked = ask(self._pipeline, example.question, example.principal)
            if asked is None:
                return _left_out(placed, "asked back", "the question leans on something that was not said")
            return self._located(placed, found, places, self.fitted(asked))
        except (RowsError, ConfigError, ModelError) as error:
            return _left_out(placed, "faulty", str(error))

    def fitted(self, asked: Asked) -> Asked:
        """Return the question with the evidence that fits the model; what stays keeps its ids, as in serving."""
        return asked.showing(self._reader.fitted(asked.request, self._voice).evidence)

    def _located(self, placed: Placed, found: Authored, places: Sequence[Place], asked: Asked) -> Draft | LeftOut:
        change = ""
        lost = [place for place in places if place.unit(asked.request.evidence) is None]
        if lost and self._put_in:
            asked, change = self._with(lost, asked, placed.example.id), "put-in"
        units = [place.unit(asked.request.evidence) for place in places]
        answers = tuple(unit for unit in units if unit is not None)
        if len(answers) < len(places):
            shown = len(asked.request.evidence)
            reasons = [place.why_missing(asked.passages, shown) for place in places if place in lost]
            return _left_out(placed, "not found", "; ".join(dict.fromkeys(reasons)))
        self._check_claims(found, answers)
        return Draft(
            placed=placed,
            change=change,
            authored=found,
            asked=asked,
            answers=answers,
            documents=tuple(sorted({place.document_id for place in places})),
        )

    def _with(self, lost: Sequence[Place], asked: Asked, name: str) -> Asked:
        """Return the question with lost units at drawn places instead of the last ones that nothing points at."""
        wanted = deeper(self._pipeline, asked, lambda unit: any(place.unit([unit]) for place in lost))
        gold = [unit for place in lost if (unit := place.unit(wanted)) is not None]
        shown = list(asked.request.evidence[: max(0, len(asked.request.evidence) - len(gold))])
        for number, unit in enumerate(gold):
            shown.insert(draw(self._seed, "put-in", name, str(number)) % (len(shown) + 1), unit)
        return self.fitted(asked.showing(numbered(shown)))

    def _check_claims(self, found: Authored, answers: Sequence[Evidence]) -> None:
        judge = self._pipeline.composer.judge
        for claim in claims_of(found.reply):
            judgement = judge.judge(claim.text, [answers[int(id_[1:]) - 1] for id_ in claim.evidence])
            if not judgement.supported:
                raise RowsError(
                    f"a claim says more than its evidence ({judgement.reason}); serving would not let it out"
                )


def _left_out(placed: Placed, why: Why, reason: str) -> LeftOut:
    return LeftOut(example=placed.example.id, place=placed.place, why=why, reason=reason)
