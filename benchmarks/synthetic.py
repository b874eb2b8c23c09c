"""An invented corpus of any size: word frequencies as in language, random vectors, ten groups of readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from hybrid.testing.memory import MemoryConnector
from hybrid.types import Access, Document, Principal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hybrid.protocols import TokenBytes, TokenVectors, Vector, Vectors

GROUPS = 10
CHUNKS_PER_DOCUMENT = 5
DIMENSION = 384
_TOKEN_DIMENSION = 128
_WORDS_PER_CHUNK = 120
# The bundled embedder averages neighbours, so a chunk of 120 words (about 160 tokens) keeps 80 rows.
_TOKEN_ROWS = 80
_VOCABULARY = 20_000
_ZIPF = 1.05
_WORDS_PER_QUESTION = 8
_SYLLABLES = ("ba", "co", "di", "fu", "ge", "ha", "ki", "lo", "mu", "ne", "pa", "ro", "si", "tu", "ve", "wa")


@dataclass(frozen=True)
class Corpus:
    """Texts of documents; the same for everybody who is compared."""

    documents: tuple[tuple[str, ...], ...]
    """The paragraphs of each document; a paragraph is a chunk."""

    questions: tuple[str, ...]
    """Words drawn as those of the documents, the most frequent ones left out."""

    @property
    def chunks(self) -> int:
        return sum(len(paragraphs) for paragraphs in self.documents)


def make_corpus(chunks: int, questions: int, *, seed: int = 7) -> Corpus:
    """Return a corpus with that many chunks."""
    generator = np.random.default_rng(seed)
    frequency = 1 / np.arange(1, _VOCABULARY + 1) ** _ZIPF
    words = [_word(rank) for rank in range(_VOCABULARY)]
    drawn = generator.choice(_VOCABULARY, size=(chunks, _WORDS_PER_CHUNK), p=frequency / frequency.sum())
    texts = [" ".join(words[rank] for rank in row) for row in drawn]
    documents = [tuple(texts[start : start + CHUNKS_PER_DOCUMENT]) for start in range(0, chunks, CHUNKS_PER_DOCUMENT)]
    asked = drawn[generator.integers(chunks, size=questions)][:, :_WORDS_PER_QUESTION]
    return Corpus(tuple(documents), tuple(" ".join(words[rank] for rank in row) for row in asked))


def connector(corpus: Corpus) -> MemoryConnector:
    """Return the corpus as a source; document ``i`` is readable for group ``i % 10``."""
    documents = (_document(number, paragraphs) for number, paragraphs in enumerate(corpus.documents))
    return MemoryConnector(documents={document.path: document for document in documents})


def reader_of(groups: int) -> Principal:
    """Return somebody who may read ``groups`` tenths of the corpus."""
    return Principal(user="ana", groups=frozenset(group_name(number) for number in range(groups)))


def group_name(document: int) -> str:
    """Return the group that may read a document."""
    return f"g{document % GROUPS}"


def vector_of(text: str) -> NDArray[np.float32]:
    """Return a random vector of length one, always the same for the same text."""
    row = np.random.default_rng(crc32(text.encode())).standard_normal(DIMENSION, dtype=np.float32)
    return row / np.linalg.norm(row)


class RandomEmbedder:
    """Implements ``LateEmbedder`` at no cost, so that only the index is measured."""

    fingerprint = "random"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._rows = np.random.default_rng(0).integers(-127, 128, size=(4096, _TOKEN_DIMENSION), dtype=np.int8)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.stack([vector_of(text) for text in texts])

    def embed_query(self, text: str) -> Vector:
        return vector_of(text)

    def embed_documents_late(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenBytes]]:
        return self.embed_documents(texts), [self._tokens(text, _TOKEN_ROWS) for text in texts]

    def embed_query_late(self, text: str) -> tuple[Vector, TokenVectors]:
        rows = self._tokens(text, _WORDS_PER_QUESTION + _WORDS_PER_QUESTION // 2).astype(np.float32)
        return vector_of(text), rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def _tokens(self, text: str, rows: int) -> TokenBytes:
        start = crc32(text.encode()) % (len(self._rows) - rows)
        return self._rows[start : start + rows]


def _document(number: int, paragraphs: Sequence[str]) -> Document:
    path = f"document-{number:05}.txt"
    return Document(
        source="memory",
        path=path,
        uri=f"memory:{path}",
        title=path,
        text="\n\n".join(paragraphs),
        access=Access(readers=(f"group:{group_name(number)}",)),
        title_in_text=False,
    )


def _word(rank: int) -> str:
    """Return an invented word; every rank has its own."""
    syllables: list[str] = []
    number = rank + len(_SYLLABLES)
    while number:
        number, digit = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[digit])
    return "".join(syllables)
