"""From document and quote to the unit of evidence that is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.errors import GoldenError, RowsError
from hybrid.evaluation.names import DocumentNames
from hybrid.evidence.numbering import split_units
from hybrid.evidence.reading import plain
from hybrid.protocols import Knowledge
from hybrid.types import Evidence, Passage, Principal
from hybrid_adapters.rows.pointing import Pointer


@dataclass(frozen=True, kw_only=True)
class Place:
    """A unit of a document that exists and that its principal may read."""

    document_id: str
    """Id of the document."""

    quote: str
    """Words of the unit, as authored."""

    def unit(self, evidence: Sequence[Evidence]) -> Evidence | None:
        """Return the unit among those shown, or None; one that is the quote goes before one that holds it."""
        own = [unit for unit in evidence if unit.passage.document_id == self.document_id]
        readings = [(unit, _readings(unit.text, unit.context)) for unit in own]
        quote = _squeezed(self.quote)
        exact = (unit for unit, texts in readings if quote in texts)
        holding = (unit for unit, texts in readings if any(quote in text for text in texts))
        return next(exact, None) or next(holding, None)

    def why_missing(self, passages: Sequence[Passage], shown: int) -> str:
        """Return which stage lost the unit, in words.

        Args:
            passages: What the search found.
            shown: Number of units that were chosen of them.
        """
        own = [passage for passage in passages if passage.document_id == self.document_id]
        if not own:
            return f"none of the {len(passages)} passages found is of {self.document_id}"
        if not any(_squeezed(self.quote) in text for passage in own for text in _readings(passage.text, "")):
            return f"other passages of {self.document_id} were found, not the one with the quote"
        return f"its passage of {self.document_id} was found, but the unit is not among the {shown} shown"


def locate(pointer: Pointer, names: DocumentNames, knowledge: Knowledge, principal: Principal) -> Place:
    """Return the place that a pointer means.

    Raises:
        RowsError: There is no such document, the principal may not read it, or the quote is not of one unit of it.
    """
    try:
        document_id = names.resolve(pointer.document)
    except GoldenError as error:
        raise RowsError(str(error)) from error
    document = knowledge.document(document_id, principal=principal)
    if document is None:
        raise RowsError(f"its principal may not read {document_id}; ask as somebody who may, or refuse")
    place = Place(document_id=document_id, quote=pointer.quote)
    _check_quote(place, document.text)
    return place


def _check_quote(place: Place, text: str) -> None:
    quote = _squeezed(place.quote)
    units = [_readings(text[unit.start : unit.end], unit.context) for unit in split_units(text)]
    holding = [texts for texts in units if any(quote in each for each in texts)]
    if not holding:
        spans = quote in _squeezed(text) or quote in _squeezed(plain(text))
        raise RowsError(
            f"a quote of {len(place.quote)} characters is no unit of {place.document_id}: "
            + ("it spans several; take words of one sentence, item or row" if spans else "its words do not stand there")
        )
    different = {texts[0] for texts in holding}
    if len(different) > 1 and not any(quote in texts for texts in holding):
        raise RowsError(f"a quote stands in {len(different)} units of {place.document_id}; take more words of the one")


def _readings(text: str, context: str) -> tuple[str, ...]:
    """Return a text as written, as people read it, and with the head of its table."""
    return _squeezed(text), _squeezed(plain(text)), _squeezed(plain(text, context))


def _squeezed(text: str) -> str:
    return " ".join(text.split())
