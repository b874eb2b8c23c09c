"""The default chunker: cuts where a document's structure ends, and only what is too large within it."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.errors import ConfigError, TooLargeError
from hybrid.types import Chunk, Document
from hybrid_indexes.chunking._assemble import Assembler
from hybrid_indexes.chunking._cut import Cutter, Limits
from hybrid_indexes.chunking._formats import format_of
from hybrid_indexes.chunking._pack import pack

_VERSION = 1
_TOKENS = 200
_LEAST_TOKENS = 8
MAX_CHUNKS = 1 << 20
"""Chunks of one document that an index can number."""


class StructureChunker:
    r"""Implements ``Chunker``: blocks of Markdown, reStructuredText, plain text or code, packed to one size.

    A chunk holds whole neighbouring blocks. A block that is too large for one is cut, the coarsest way that helps: a
    list between items, a table between rows, code between definitions, then blank lines, then lines, prose between
    sentences. A section begins a new chunk unless the one before is at most half full. Headings stay with what follows.

    Example:
        >>> from hybrid.types import Document
        >>> text = "# Plans\n\nPlans cost ten euros.\n"
        >>> plans = Document(
        ...     source="docs", path="a.md", uri="a.md", title="Plans", text=text, media_type="text/markdown"
        ... )
        >>> [(chunk.lines, chunk.heading_path, chunk.indexed_text) for chunk in StructureChunker().chunk(plans)]
        [((1, 3), ('Plans',), 'Plans\nPlans cost ten euros.')]
    """

    def __init__(self, tokens: int = _TOKENS) -> None:
        """Cut chunks of at most ``tokens`` estimated tokens, the headings that a chunk begins with not counted.

        Raises:
            ConfigError: Chunks that small say nothing.
        """
        if tokens < _LEAST_TOKENS:
            raise ConfigError(f"chunks of {tokens} tokens are too small; choose at least {_LEAST_TOKENS}.")
        self._limits = Limits(tokens)

    @property
    def fingerprint(self) -> str:
        """Name, version of the rules, and size."""
        return f"structure/{_VERSION}/{self._limits.tokens}"

    def chunk(self, document: Document) -> Sequence[Chunk]:
        """Return the chunks of a document in order; none for a blank text.

        Raises:
            TooLargeError: The document makes more chunks than an index can number.
        """
        text_format = format_of(document.media_type)
        atoms = Cutter(document.text, text_format.clean, self._limits).atoms(text_format.blocks(document.text))
        assembler = Assembler(document)
        chunks = [
            assembler.chunk(draft.start, draft.end, draft.path, draft.body) for draft in pack(atoms, self._limits)
        ]
        if len(chunks) > MAX_CHUNKS:
            raise TooLargeError(
                f"{document.id}: makes {len(chunks):,} chunks, an index can number {MAX_CHUNKS:,}; split the document."
            )
        return chunks
