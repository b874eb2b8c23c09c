"""Ingestion as LlamaIndex's documentation composes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient


class LlamaIndexIngestion:
    """Reads, splits, embeds and stores files; the model is loaded once."""

    def __init__(self, model: Path) -> None:
        self._embedding = HuggingFaceEmbedding(model_name=str(model), device="cpu")
        self._texts: list[str] = []

    def run(self, files: Sequence[Path]) -> None:
        store = QdrantVectorStore("benchmark", client=QdrantClient(":memory:"), index_doc_id=False)
        pipeline = IngestionPipeline(
            transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=0), self._embedding], vector_store=store
        )
        nodes = pipeline.run(documents=SimpleDirectoryReader(input_files=list(files)).load_data())
        self._texts = [node.get_content(metadata_mode=MetadataMode.EMBED) for node in nodes]

    def texts(self, files: Sequence[Path]) -> list[str]:
        """Return what the last run embedded."""
        return self._texts
