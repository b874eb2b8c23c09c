"""A knowledge base in memory that ranks by shared words: deterministic, without an index or a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING
from zlib import crc32

from hybrid.access import AccessFilter, Narrowing, Scope, filter_for, permits
from hybrid.protocols import Ranked, SearchTrace
from hybrid.types import Access, Document, MetadataValue, Passage, Principal, SearchResult, StageScores, StoredDocument

if TYPE_CHECKING:
    from hybrid.protocols import Vectors

_WORD = re.compile(r"\w+")
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_DIMENSION = 64


def public_document(path: str, text: str, *, source: str = "docs", readers: Sequence[str] = ("public",)) -> Document:
    """Return a document with the defaults that most tests want."""
    return Document(
        source=source, path=path, uri=f"memory:{path}", title=path, text=text, access=Access(readers=tuple(readers))
    )


@dataclass(frozen=True, kw_only=True)
class _Paragraph:
    passage: Passage
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Scored:
    passage: Passage
    dense: float
    sparse: float


_STAGES: Mapping[str, Callable[[_Scored], float]] = {
    "dense": lambda hit: hit.dense,
    "sparse": lambda hit: hit.sparse,
    "fused": lambda hit: hit.dense + hit.sparse,
}


class WordOverlapKnowledge:
    """Implements ``Knowledge`` over documents held in memory; every paragraph is a chunk.

    The dense stage ranks by the part of the question's words that a paragraph has, the sparse stage by their number of
    occurrences relative to its length, the fused stage by the sum. Ties are ordered by document and place. Reads go
    through ``hybrid.access``, so that tests of access control mean something.

    Example:
        >>> knowledge = WordOverlapKnowledge([public_document("plans.md", "Plans cost ten euros.")])
        >>> [passage.document_id for passage in knowledge.search("what do plans cost", principal=Principal()).passages]
        ['docs:plans.md']
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        """Hold these documents; nothing is read later."""
        self._ordered = sorted(documents, key=lambda document: document.id)
        self._documents: Mapping[str, Document] = {document.id: document for document in self._ordered}
        self._paragraphs = [tuple(_paragraphs(document)) for document in self._ordered]
        self._scopes = [_scope(number, document) for number, document in enumerate(self._ordered)]

    def search(
        self,
        question: str,
        *,
        principal: Principal,
        limit: int = 10,
        narrowing: Narrowing | None = None,
        moment: datetime | None = None,
    ) -> SearchResult:
        """Return the best readable paragraphs that share a word with the question, best first."""
        access = filter_for(principal, self._scopes, moment=moment, narrowing=narrowing)
        passages = tuple(hit.passage for hit in self._ranked(question, access, "fused")[:limit])
        return SearchResult(question=question, passages=passages)

    def trace(self, question: str, *, principal: Principal, depth: int = 200) -> SearchTrace:
        """Return the stages ``dense``, ``sparse`` and ``fused``."""
        access = filter_for(principal, self._scopes)
        return SearchTrace(
            stages={
                stage: tuple(
                    Ranked(document_id=hit.passage.document_id, lines=hit.passage.lines, score=score(hit))
                    for hit in self._ranked(question, access, stage)[:depth]
                )
                for stage, score in _STAGES.items()
            }
        )

    def document(self, document_id: str, *, principal: Principal) -> StoredDocument | None:
        """Return the document if the principal may read it."""
        document = self._documents.get(document_id)
        if document is None or not permits(principal, document.access, tenant=document.tenant):
            return None
        return StoredDocument(
            document_id=document_id,
            uri=document.uri,
            title=document.title,
            version=document.content_hash,
            text=document.text,
            first_line=document.first_line,
            page_starts=document.page_starts,
            valid_from=document.valid_from,
            valid_until=document.valid_until,
            access=document.access,
            tenant=document.tenant,
            metadata=document.metadata,
        )

    def document_ids(self) -> Sequence[str]:
        """Return all ids, sorted."""
        return list(self._documents)

    def access(self, document_id: str) -> tuple[Access, str] | None:
        """Return access list and tenant."""
        document = self._documents.get(document_id)
        return None if document is None else (document.access, document.tenant)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), 64)`` rows of hashed word counts, of length one."""
        import numpy as np

        rows = np.zeros((len(texts), _DIMENSION), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _words(text) or [""]:
                row[crc32(word.encode()) % _DIMENSION] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def _ranked(self, question: str, access: AccessFilter | None, stage: str) -> list[_Scored]:
        wanted = frozenset(_words(question))
        score = _STAGES[stage]
        hits = [hit for paragraph in self._visible(access) if (hit := _scored(paragraph, wanted)) is not None]
        return sorted(hits, key=lambda hit: -score(hit))

    def _visible(self, access: AccessFilter | None) -> Iterator[_Paragraph]:
        if access is None:
            return
        for scope in access.scopes:
            document = self._ordered[scope]
            if all(_has(document, name, wanted) for name, wanted in access.narrowing.items()):
                yield from self._paragraphs[scope]


def _scope(number: int, document: Document) -> Scope:
    return Scope(
        id=number,
        access=document.access,
        tenant=document.tenant,
        valid_from=document.valid_from.timestamp() if document.valid_from else -inf,
        valid_until=document.valid_until.timestamp() if document.valid_until else inf,
    )


def _has(document: Document, name: str, wanted: MetadataValue | tuple[MetadataValue, ...]) -> bool:
    return document.metadata.get(name) in (wanted if isinstance(wanted, tuple) else (wanted,))


def _paragraphs(document: Document) -> Iterator[_Paragraph]:
    for match in _PARAGRAPH.finditer(document.text):
        first = document.first_line + document.text.count("\n", 0, match.start())
        passage = Passage(
            document_id=document.id,
            uri=document.uri,
            title=document.title,
            version=document.content_hash,
            text=match.group(),
            start=match.start(),
            end=match.end(),
            lines=(first, first + match.group().count("\n")),
            scores=StageScores(fused=0.0),
            metadata=document.metadata,
        )
        yield _Paragraph(passage=passage, words=tuple(_words(passage.text)))


def _scored(paragraph: _Paragraph, wanted: frozenset[str]) -> _Scored | None:
    shared = wanted.intersection(paragraph.words)
    if not shared:
        return None
    dense = len(shared) / len(wanted)
    sparse = sum(word in wanted for word in paragraph.words) / len(paragraph.words)
    scores = StageScores(fused=dense + sparse, dense=dense, sparse=sparse)
    return _Scored(passage=replace(paragraph.passage, scores=scores), dense=dense, sparse=sparse)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
