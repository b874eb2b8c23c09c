"""Where in a document an answer stands: golden lines and quotes against passages and stored text."""

from __future__ import annotations

import re

from hybrid.errors import GoldenError
from hybrid.evaluation.questions import GoldenSet, Question, Target
from hybrid.protocols import Knowledge
from hybrid.types import Passage, StoredDocument


def covers(passage: Passage, target: Target) -> bool:
    """Whether the passage holds the whole place that the target names."""
    if passage.document_id != target.document_id:
        return False
    first, last = passage.lines
    if target.lines and not (first <= target.lines[0] and target.lines[1] <= last):
        return False
    return target.quote is None or bool(_quoted(target.quote).search(passage.text))


def touches(passage: Passage, target: Target, document: StoredDocument) -> bool:
    """Whether the passage holds a part of the place that the target names in ``document``."""
    if passage.document_id != target.document_id:
        return False
    if target.quote:
        spans = (match.span() for match in _quoted(target.quote).finditer(document.text))
        return any(start < passage.end and passage.start < end for start, end in spans)
    first, last = passage.lines
    return target.lines is not None and target.lines[0] <= last and first <= target.lines[1]


def check_places(golden: GoldenSet, knowledge: Knowledge) -> None:
    """Compare every golden line range and quote with the documents as they are now.

    A document that the asking principal may not read is passed over: its question is a miss, and says so.

    Raises:
        GoldenError: A place is not in its document any more, so that the row has no ground truth.
    """
    for question in golden.questions:
        for target in question.targets:
            if target.is_placed and (document := knowledge.document(target.document_id, principal=question.principal)):
                _check_place(question, target, document)


def place_text(target: Target) -> str:
    """Return how reports name the place: its lines, else that it is a quote, else nothing."""
    if target.lines is None:
        return "" if target.quote is None else "quote"
    first, last = target.lines
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _check_place(question: Question, target: Target, document: StoredDocument) -> None:
    row = f"{question.place}: question {question.id!r}"
    last = document.first_line + document.text.count("\n")
    if target.lines and target.lines[1] > last:
        raise GoldenError(f"{row}: {target.document_id!r} ends at line {last}, got lines {target.lines}; correct them")
    if target.quote and not _quoted(target.quote).search(document.text):
        raise GoldenError(f"{row}: the quote is not in {target.document_id!r} any more; copy it from the present text")


def _quoted(quote: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(re.escape(word) for word in quote.split()))
