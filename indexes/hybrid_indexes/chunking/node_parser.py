"""Any node parser of LlamaIndex as a chunker; what it returns is found again in the text, so that offsets are exact."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hybrid.errors import ConfigError
from hybrid.types import Chunk, Document
from hybrid_indexes.chunking._assemble import Assembler
from hybrid_indexes.chunking._cut import Cutter, Limits
from hybrid_indexes.chunking._formats import format_of
from hybrid_indexes.chunking._locate import locate
from hybrid_indexes.chunking._outline import Outline

if TYPE_CHECKING:
    from llama_index.core.node_parser import NodeParser

_HEADING_LIMITS = Limits(200)


class NodeParserChunker:
    """Implements ``Chunker`` with a LlamaIndex node parser that keeps text verbatim and in order.

    ``SentenceSplitter``, ``TokenTextSplitter``, ``MarkdownNodeParser``, ``CodeSplitter`` and the semantic splitters do.
    Headings, lines and pages come from the document, because nodes do not know them.

    Example:
        >>> from llama_index.core.node_parser import SentenceSplitter
        >>> chunker = NodeParserChunker(SentenceSplitter(chunk_size=256, chunk_overlap=0))
    """

    def __init__(self, node_parser: NodeParser) -> None:
        """Cut as a node parser does."""
        self._parser = node_parser

    @property
    def fingerprint(self) -> str:
        """Class and settings of the node parser."""
        settings = hashlib.sha256(self._parser.to_json().encode()).hexdigest()
        return f"{type(self._parser).__module__}.{type(self._parser).__qualname__}/{settings[:16]}"

    def chunk(self, document: Document) -> Sequence[Chunk]:
        """Return a chunk for each node that is not blank, in order.

        Raises:
            ConfigError: The node parser returned text that is not in the document, or not in its order.
        """
        pieces = self._pieces(document)
        starts = locate(pieces, document.text)
        if isinstance(starts, int):
            raise ConfigError(
                f"node parser {type(self._parser).__name__} changes texts or their order (node {starts + 1} of "
                f"{len(pieces)} in {document.id}), so nothing could be cited; use one that keeps them, such as "
                "SentenceSplitter, or the default chunker."
            )
        clean, outline, assembler = format_of(document.media_type).clean, _outline(document), Assembler(document)
        return [
            assembler.chunk(start, start + len(text), outline.path(start), clean(text).strip())
            for start, text in zip(starts, pieces, strict=True)
        ]

    def _pieces(self, document: Document) -> list[str]:
        from llama_index.core.schema import Document as LlamaDocument
        from llama_index.core.schema import MetadataMode

        nodes = self._parser.get_nodes_from_documents([LlamaDocument(text=document.text)])
        texts = (node.get_content(metadata_mode=MetadataMode.NONE).strip() for node in nodes)
        return [text for text in texts if text]


def _outline(document: Document) -> Outline:
    text_format = format_of(document.media_type)
    return Outline(text_format.blocks(document.text), Cutter(document.text, text_format.clean, _HEADING_LIMITS))
