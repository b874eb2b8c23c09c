"""Citations re-read from stored text: before an answer leaves, and again whenever somebody asks whether it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from hybrid.protocols import Knowledge
from hybrid.types import Answer, Citation, Passage, Principal, StoredDocument

Standing = Literal["stands", "moved", "expired", "changed", "gone"]
"""``stands``: same version, same text. ``moved``: a newer version still says it, at other lines. ``expired``: it is
still said, by a document that no longer holds, or does not hold yet. ``changed``: the newer version no longer says it,
or the cited one never did. ``gone``: there is no such document, or the principal may not read it."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What has become of one citation."""

    citation: Citation
    """The citation as the answer gave it."""

    standing: Standing
    """What has become of it."""

    lines: tuple[int, int] | None = None
    """Where the quote stands now; None where it no longer does."""


def verified(citation: Citation, document: StoredDocument | None) -> Citation | None:
    """Return the citation with lines and page read from stored text, or None where the quote is not there.

    Args:
        citation: What a model pointed at.
        document: The live version, as the principal may read it.
    """
    if document is None or document.version != citation.version or not citation.quote.strip():
        return None
    if not _stands_there(citation, document):
        return None
    return replace(
        citation,
        uri=document.uri,
        title=document.title,
        lines=lines_of(document, citation.start, citation.end),
        page=page_of(document, citation.start),
        verified=True,
    )


def keep_verified(answer: Answer, knowledge: Knowledge, principal: Principal) -> Answer:
    """Return the answer if each of its citations is true, else a refusal; nothing unverified ever leaves.

    Passages whose document is gone, changed, or was closed to the principal since the search, do not leave either.
    """
    answer = replace(answer, passages=tuple(p for p in answer.passages if _still_shown(p, knowledge, principal)))
    citations: list[Citation] = []
    for citation in answer.citations:
        found = verified(citation, knowledge.document(citation.document_id, principal=principal))
        if found is None:
            return refused(answer)
        citations.append(found)
    if answer.status == "answered" and not citations:
        return refused(answer)
    return replace(answer, citations=tuple(citations))


def _still_shown(passage: Passage, knowledge: Knowledge, principal: Principal) -> bool:
    document = knowledge.document(passage.document_id, principal=principal)
    return document is not None and document.version == passage.version


def refused(answer: Answer) -> Answer:
    """Return the refusal that takes an answer's place."""
    return replace(answer, status="refused", text=REFUSAL, markdown=REFUSAL, citations=(), data=None)


REFUSAL = "I found nothing in the documents you may read that answers this."
CLARIFY = "Please say more exactly what you mean."


def recheck(citations: Iterable[Citation], knowledge: Knowledge, principal: Principal) -> list[Verdict]:
    """Return what has become of an old answer's citations, as this principal may know it."""
    return [_recheck(citation, knowledge.document(citation.document_id, principal=principal)) for citation in citations]


def _recheck(citation: Citation, document: StoredDocument | None) -> Verdict:
    if document is None or not citation.quote.strip():
        return Verdict(citation=citation, standing="gone")
    here = _stands_there(citation, document)
    start = citation.start if here else document.text.find(citation.quote)
    # In the very version that was cited nothing can have moved: there the citation itself was altered.
    if start < 0 or not (here or document.version != citation.version):
        return Verdict(citation=citation, standing="changed")
    lines = lines_of(document, start, start + len(citation.quote))
    standing: Standing = "stands" if here and lines == citation.lines else "moved"
    return Verdict(
        citation=citation, standing=standing if document.holds_at(datetime.now(UTC)) else "expired", lines=lines
    )


def _stands_there(citation: Citation, document: StoredDocument) -> bool:
    # A slice would also take offsets counted from the end, or beyond it, for places in the text.
    start, end, quote = citation.start, citation.end, citation.quote
    return start >= 0 and end - start == len(quote) and document.text.startswith(quote, start)


def lines_of(document: StoredDocument, start: int, end: int) -> tuple[int, int]:
    """Return the first and last line of a span in the original file, 1-based and inclusive."""
    first = document.first_line + document.text.count("\n", 0, start)
    return first, first + document.text.count("\n", start, end)


def page_of(document: StoredDocument, start: int) -> int | None:
    """Return the page on which a span begins, or None where the document has no pages."""
    return bisect_right(document.page_starts, start) or None
