"""Small deterministic implementations of the protocols, for tests of what is built on them."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hybrid.errors import AccessUnclearError, ReadError, SourceError
from hybrid.protocols import Entry, Listing
from hybrid.types import Access, Chunk, Document

if TYPE_CHECKING:
    from hybrid.protocols import TokenBytes, TokenVectors, Vector, Vectors

_PUBLIC = Access(readers=("public",))


@dataclass(kw_only=True)
class MemoryConnector:
    """A source held in a dictionary that a test may change between two syncs.

    Example:
        >>> source = MemoryConnector(documents={"a.md": memory_document("a.md", "Hello.")})
        >>> source.read(source.list().entries[0]).text
        'Hello.'
    """

    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    """By path."""

    name: str = "memory"
    """Name of the source."""

    fingerprint: str = "1"
    """Settings that all documents depend on."""

    broken: set[str] = field(default_factory=set[str])
    """Paths whose reading fails."""

    unclear: set[str] = field(default_factory=set[str])
    """Paths whose access list cannot be understood."""

    offline: bool = False
    """Whether the listing fails."""

    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    """New path by old path, as the source tells."""

    reads: int = 0
    """How many documents were read so far."""

    def list(self, cursor: str | None = None) -> Listing:
        """Return all documents; the state is a hash of everything."""
        if self.offline:
            raise SourceError(f"source {self.name!r} is offline; try again")
        entries = (Entry(path=path, state=_state(document)) for path, document in sorted(self.documents.items()))
        return Listing(entries=tuple(entries), renames=self.renames, cursor="cursor")

    def read(self, entry: Entry) -> Document:
        """Return one document."""
        self.reads += 1
        if entry.path in self.unclear:
            raise AccessUnclearError(f"{entry.path}: names no reader that anybody knows; mend it")
        if entry.path in self.broken or entry.path not in self.documents:
            raise ReadError(f"{entry.path}: cannot be read; mend it")
        return self.documents[entry.path]


def memory_document(
    path: str, text: str, *, access: Access = _PUBLIC, source: str = "memory", tenant: str = ""
) -> Document:
    """Return a document as ``MemoryConnector`` holds it, readable for everyone unless said otherwise."""
    return Document(
        source=source, path=path, uri=f"memory:{path}", title=path, text=text, access=access, tenant=tenant,
        title_in_text=False,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ParagraphChunker:
    """Cuts at blank lines."""

    fingerprint: str = "paragraphs"
    """Changes when a test wants the index to be rebuilt."""

    def chunk(self, document: Document) -> Sequence[Chunk]:
        """Return one chunk for each paragraph."""
        found = re.finditer(r"\S(?:.|\n(?!\s*\n))*", document.text)
        return [_chunk(document, match.start(), match.start() + len(match.group().rstrip())) for match in found]


@dataclass(kw_only=True)
class HashingEmbedder:
    """Vectors from hashed words: texts that share words are near, and no model is needed."""

    dimension: int = 64
    """Length of each vector."""

    fingerprint: str = "hashing"
    """Changes when a test wants the index to be rebuilt."""

    embedded: int = 0
    """How many documents' texts were embedded so far."""

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return ``(len(texts), dimension)`` rows of length one."""
        import numpy as np

        self.embedded += len(texts)
        rows = [self.embed_query(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimension), dtype=np.float32)

    def embed_query(self, text: str) -> Vector:
        """Return ``(dimension,)`` of length one."""
        import numpy as np

        counts = [0.0] * self.dimension
        for word in re.findall(r"\w+", text.lower()) or [""]:
            digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest()
            counts[int.from_bytes(digest, "big") % self.dimension] += 1.0
        length = math.sqrt(sum(count * count for count in counts))
        return np.asarray([count / length for count in counts], dtype=np.float32)


@dataclass(kw_only=True)
class LateHashingEmbedder(HashingEmbedder):
    """``HashingEmbedder`` with a token vector for each word, for tests of late interaction."""

    fingerprint: str = "hashing-late"
    """Changes when a test wants the index to be rebuilt."""

    def embed_documents_late(self, texts: Sequence[str]) -> tuple[Vectors, Sequence[TokenBytes]]:
        """Return ``(len(texts), dimension)`` rows and each text's words as ``(words, dimension)`` int8."""
        import numpy as np

        tokens = [np.rint(self._words(text) * 127).astype(np.int8) for text in texts]
        return self.embed_documents(texts), tokens

    def embed_query_late(self, text: str) -> tuple[Vector, TokenVectors]:
        """Return the vector of a question and its words as ``(words, dimension)`` rows of length one."""
        return self.embed_query(text), self._words(text)

    def _words(self, text: str) -> TokenVectors:
        import numpy as np

        return np.stack([self.embed_query(word) for word in re.findall(r"\w+", text) or [""]])


def _chunk(document: Document, start: int, end: int) -> Chunk:
    text = document.text[start:end]
    first = document.first_line + document.text.count("\n", 0, start)
    return Chunk(start=start, end=end, text=text, indexed_text=text, lines=(first, first + text.count("\n")))


def _state(document: Document) -> str:
    return hashlib.sha256(repr(document).encode("utf-8", "surrogatepass")).hexdigest()
