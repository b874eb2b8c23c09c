"""The values that travel through hybrid, from a source's document to an answer's citation.

``Document -> Chunk -> (index) -> Passage -> Evidence -> Answer + Citation``. All are frozen and keyword-only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pydantic import BaseModel

MetadataValue = str | int | float | bool
"""What a metadata field may hold; lists are written as several documents' fields, not nested."""

AnswerStatus = Literal["answered", "refused", "clarify"]

SlotVerdict = Literal["verbatim", "supported", "repaired", "dropped"]


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may read a document; nobody named means nobody may."""

    readers: tuple[str, ...] = ()
    """Tokens ``public``, ``user:NAME`` or ``group:NAME``; one match is enough."""

    denied: tuple[str, ...] = ()
    """Tokens ``user:NAME`` or ``group:NAME``; one match excludes, whatever ``readers`` says."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """The person or service on whose behalf something is read.

    Example:
        >>> Principal(user="ana", groups=frozenset({"legal"})).user
        'ana'
    """

    user: str | None = None
    """Stable user name of the sign-in; None is an anonymous visitor, who sees only ``public``."""

    groups: frozenset[str] = frozenset()
    """Names of groups, without the prefix ``group:``."""

    tenant: str = ""
    """The tenant whose documents are searched; documents of other tenants do not exist for this principal."""


ANONYMOUS = Principal()
"""A visitor who did not sign in."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document as a connector read it, with the canonical text that every citation points into."""

    source: str
    """Name of the connector that read it."""

    path: str
    """Path or key within the source, with forward slashes; stable over time."""

    uri: str
    """Where a person can open it."""

    title: str
    """Title found in the content or its metadata; falls back to the file's stem."""

    text: str
    """Canonical text. For text formats it is the file's own text after the front matter, so that lines agree."""

    media_type: str = "text/plain"
    """Media type of the original, which decides how the text is cut."""

    access: Access = field(default_factory=Access)
    """Who may read it; the default is nobody."""

    metadata: Mapping[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    """Fields that searches may narrow by."""

    tenant: str = ""
    """Tenant the document belongs to."""

    valid_from: datetime | None = None
    """First moment (UTC) at which the document holds; None means always."""

    valid_until: datetime | None = None
    """First moment (UTC) at which it no longer holds; None means for ever."""

    first_line: int = 1
    """Line of the original file at which ``text`` begins; above 1 where front matter was taken off."""

    page_starts: tuple[int, ...] = ()
    """Offset in ``text`` at which each page begins; empty where there are no pages."""

    title_in_text: bool = True
    """Whether the title comes from the content; a file name's stem must not change vectors on a rename."""

    @property
    def id(self) -> str:
        """Stable identity: ``source:path``."""
        return f"{self.source}:{self.path}"

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) of everything that chunks and citations depend on; path and permissions are no part of it."""
        title = self.title if self.title_in_text else ""
        parts = (self.text, title, self.media_type, str(self.first_line), repr(self.page_starts))
        digest = hashlib.sha256()
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A stretch of a document that is indexed as one: ``document.text[start:end] == text``, always."""

    start: int
    """Offset of the first character in the document's text."""

    end: int
    """Offset after the last character."""

    text: str
    """The verbatim stretch."""

    indexed_text: str
    """What the embedder and BM25 see: title and heading path, then the text without markup noise."""

    heading_path: tuple[str, ...] = ()
    """Headings above the chunk, outermost first."""

    lines: tuple[int, int] = (1, 1)
    """First and last line in the original file, 1-based and inclusive."""

    pages: tuple[int, int] | None = None
    """First and last page, 1-based and inclusive; None where the document has no pages."""


@dataclass(frozen=True, kw_only=True)
class StageScores:
    """How a passage was ranked, stage by stage; comparable only within one query."""

    fused: float
    """Score that orders the passages; higher is better."""

    dense: float | None = None
    """Cosine similarity, where the dense stage found the passage."""

    sparse: float | None = None
    """BM25 score over the principal's own documents, where the sparse stage found it."""

    rerank: float | None = None
    """Score of the last stage, where one ran."""

    known: float | None = None
    """Share of the question's words that any readable document holds, where the search counts them; says nothing of
    this passage, but a word that no document knows is the best sign of a question that none answers."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A retrieved chunk that the principal who asked may read."""

    document_id: str
    """``source:path`` of the document."""

    uri: str
    """Where a person can open the document."""

    title: str
    """Title of the document."""

    version: str
    """Content hash (hex) of the document version the passage was cut from."""

    text: str
    """Verbatim text."""

    start: int
    """Offset of the passage in the document's text."""

    end: int
    """Offset after its last character."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    pages: tuple[int, int] | None = None
    """First and last page, if the document has pages."""

    heading_path: tuple[str, ...] = ()
    """Headings above the passage, outermost first."""

    scores: StageScores
    """How it was ranked."""

    metadata: Mapping[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    """Metadata of the document."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A sentence, line or table row of a passage, numbered for one question."""

    id: str
    """``E1``, ``E2``, ... in the order shown to the model."""

    passage: Passage
    """The passage it was cut from."""

    text: str
    """Verbatim text; ``document.text[start:end]``."""

    start: int
    """Offset in the document's text."""

    end: int
    """Offset after its last character."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    page: int | None = None
    """Page on which it begins, if the document has pages."""

    context: str = ""
    """What stands above it and is needed to understand it: the head of its table, the words that open its list."""

    score: float = 0.0
    """How well it answers the question, for one question only."""


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A pointer from an answer into a stored document version, checked before it left."""

    marker: int
    """The ``n`` of ``[n]`` in the answer's text."""

    document_id: str
    """``source:path`` of the document."""

    uri: str
    """Where a person can open it."""

    title: str
    """Title of the document."""

    version: str
    """Content hash of the document version."""

    lines: tuple[int, int]
    """First and last line in the original file."""

    page: int | None
    """Page on which the quote begins, if the document has pages."""

    start: int
    """Offset of the quote in the document's text."""

    end: int
    """Offset after the quote's last character."""

    quote: str
    """The verbatim text at that span."""

    verified: bool
    """Whether the quote was re-read from the stored text of this version; an answer holds only verified ones."""


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """Passages that a principal may read, best first."""

    question: str
    """The question as asked."""

    passages: tuple[Passage, ...]
    """Best first."""

    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds by stage: ``embed``, ``search``, ``rerank``, ``load``."""


@dataclass(frozen=True, kw_only=True)
class TokenCounts:
    """Tokens of one reply."""

    prompt: int
    """Tokens read."""

    reply: int
    """Tokens written."""


@dataclass(frozen=True, kw_only=True)
class SlotCheck:
    """What became of one slot of a reply before it left."""

    path: str
    """Which slot, such as ``evidence[1]``."""

    verdict: SlotVerdict
    """``verbatim``: a quote, re-read. ``supported``: a claim that its evidence carries. ``repaired``: a claim that it
    does not carry, replaced by the evidence's own words. ``dropped``: nothing of it left."""

    reason: str = ""
    """Why it was repaired or dropped, without any text of the documents."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a question got: an answer with citations, or an honest refusal."""

    question: str
    """The question as asked."""

    status: AnswerStatus
    """``answered``, ``refused`` (nothing readable answers it) or ``clarify``."""

    text: str
    """Plain text with ``[n]`` markers."""

    citations: tuple[Citation, ...] = ()
    """One for each marker, all verified."""

    passages: tuple[Passage, ...] = ()
    """What was retrieved; on a refusal the closest readable passages."""

    data: BaseModel | None = None
    """The reply in its contract, quotes filled in; None where no model was asked or nothing of its reply stayed."""

    markdown: str = ""
    """The text for pages that render Markdown; the documents' words are escaped."""

    checks: tuple[SlotCheck, ...] = ()
    """What became of each slot of the reply."""

    support: float = 0.0
    """Calibrated support in [0, 1] that the evidence answers the question."""

    model: str = "extractive"
    """Name and version of the model that composed the answer."""

    contract_hash: str = ""
    """Hash of the contract that the reply was made against."""

    prompt_hash: str | None = None
    """SHA-256 (hex) of the prompt's bytes; None where the model reads none."""

    tokens: TokenCounts | None = None
    """Tokens read and written; None where the model has none or does not tell."""

    cost: float | None = None
    """Price in US dollars, where a remote service tells it."""

    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds by stage."""

    trace_id: str = ""
    """Identifier of this answer in logs."""


@dataclass(frozen=True, kw_only=True)
class StoredDocument:
    """A live document version as stored beside the index; what previews and re-verification read."""

    document_id: str
    """``source:path``."""

    uri: str
    """Where a person can open it."""

    title: str
    """Title of the document."""

    version: str
    """Content hash of this version."""

    text: str
    """Canonical text, the one that citations point into."""

    first_line: int
    """Line of the original file at which ``text`` begins."""

    page_starts: tuple[int, ...]
    """Offset at which each page begins; empty where there are no pages."""

    valid_from: datetime | None = None
    """First moment (UTC) at which it holds; None means always."""

    valid_until: datetime | None = None
    """First moment (UTC) at which it no longer holds; None means for ever."""

    access: Access
    """Who may read it now."""

    tenant: str
    """Tenant it belongs to."""

    metadata: Mapping[str, MetadataValue]
    """Metadata of the document."""

    def holds_at(self, moment: datetime) -> bool:
        """Whether the document is valid at a moment; one that is not can still be opened by its readers."""
        begun = self.valid_from is None or self.valid_from <= moment
        return begun and (self.valid_until is None or moment < self.valid_until)
