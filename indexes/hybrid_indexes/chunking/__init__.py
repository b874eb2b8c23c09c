"""Chunking: documents cut along their structure, every chunk a verbatim span."""

from hybrid_indexes.chunking.node_parser import NodeParserChunker
from hybrid_indexes.chunking.structure import StructureChunker

__all__ = ["NodeParserChunker", "StructureChunker"]
