"""What somebody may ask next: headings beside the cited ones, of documents that were cited and that they may read."""

from __future__ import annotations

from pydantic import BaseModel

from hybrid.types import Answer, Citation, Passage

_MOST = 3


class RelatedBody(BaseModel):
    """A heading that the answer did not draw from."""

    document: str
    """Id of the document, for ``/api/source``."""

    title: str
    """Its title."""

    heading: str
    """The heading, innermost."""


def related(answer: Answer) -> list[RelatedBody]:
    """Return headings that were found for the question, in cited documents, and that no citation lies under.

    Nothing is made up: each stands over a passage that was retrieved for who asks, so that a question about it has
    something to be answered from.
    """
    if answer.status != "answered":
        return []
    cited = {citation.document_id for citation in answer.citations}
    known = {each.heading_path for each in answer.passages if any(_holds(each, one) for one in answer.citations)}
    found: dict[tuple[str, str], RelatedBody] = {}
    for each in answer.passages:
        if each.document_id in cited and each.heading_path and each.heading_path not in known:
            heading = each.heading_path[-1]
            body = RelatedBody(document=each.document_id, title=each.title, heading=heading)
            found.setdefault((each.document_id, heading), body)
    return list(found.values())[:_MOST]


def _holds(passage: Passage, citation: Citation) -> bool:
    same = (passage.document_id, passage.version) == (citation.document_id, citation.version)
    return same and passage.start < citation.end and citation.start < passage.end
