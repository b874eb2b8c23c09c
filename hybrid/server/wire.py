"""What passages and citations look like in answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from hybrid.types import Citation, MetadataValue, Passage

MAX_QUESTION = 20_000


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("half a character (a lone surrogate); send whole ones") from None
    return text


Text = Annotated[str, AfterValidator(_whole)]
"""A text that can be written down: JSON can also spell halves of characters."""

Question = Annotated[Text, StringConstraints(min_length=1, max_length=MAX_QUESTION, pattern=r"\S")]
"""A question that holds more than blanks."""

TraceId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""What a request is called in the server's logs."""


def address(uri: str, document_id: str) -> str:
    """Return where a client can open a document; of a file on the server's disk, what it is called there.

    Example:
        >>> address("file:///srv/bot/docs/refunds.md", "docs:refunds.md")
        'docs:refunds.md'
        >>> address("https://wiki.example.com/refunds", "wiki:refunds")
        'https://wiki.example.com/refunds'
    """
    scheme = uri.partition(":")[0]
    return document_id if scheme in ("file", "git+file") else uri


class CitationBody(BaseModel):
    """A pointer into a document version; the quote was re-read before it was sent."""

    marker: int
    """The ``n`` of ``[n]`` in the text."""

    document: str
    """Id of the document, for ``/api/source``."""

    uri: str
    """Where a person can open it; the document's id where only the server's disk has it."""

    title: str
    """Its title."""

    version: str
    """Content hash of the version."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    page: int | None
    """Page, where the document has pages."""

    start: int
    """Offset of the quote in the document's text."""

    end: int
    """Offset after the quote."""

    quote: str
    """The verbatim text."""

    @classmethod
    def of(cls, citation: Citation) -> Self:
        """Return a citation as it is sent."""
        return cls(
            marker=citation.marker,
            document=citation.document_id,
            uri=address(citation.uri, citation.document_id),
            title=citation.title,
            version=citation.version,
            lines=citation.lines,
            page=citation.page,
            start=citation.start,
            end=citation.end,
            quote=citation.quote,
        )


class PassageBody(BaseModel):
    """A passage that was found; scores stay here, since they would tell about documents that are not shown."""

    document: str
    """Id of the document, for ``/api/source``."""

    uri: str
    """Where a person can open it; the document's id where only the server's disk has it."""

    title: str
    """Its title."""

    version: str
    """Content hash of the version."""

    headings: tuple[str, ...]
    """Headings above it, outermost first."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    pages: tuple[int, int] | None
    """First and last page, where the document has pages."""

    start: int
    """Offset in the document's text."""

    end: int
    """Offset after it."""

    text: str
    """The verbatim text."""

    metadata: Mapping[str, MetadataValue] = Field(default_factory=dict[str, MetadataValue])
    """Metadata of the document."""

    @classmethod
    def of(cls, passage: Passage) -> Self:
        """Return a passage as it is sent."""
        return cls(
            document=passage.document_id,
            uri=address(passage.uri, passage.document_id),
            title=passage.title,
            version=passage.version,
            headings=passage.heading_path,
            lines=passage.lines,
            pages=passage.pages,
            start=passage.start,
            end=passage.end,
            text=passage.text,
            metadata=passage.metadata,
        )


def passages(found: Iterable[Passage]) -> list[PassageBody]:
    """Return passages as they are sent."""
    return [PassageBody.of(passage) for passage in found]


def citations(found: Iterable[Citation]) -> list[CitationBody]:
    """Return citations as they are sent."""
    return [CitationBody.of(citation) for citation in found]
