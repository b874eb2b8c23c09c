"""From files to a searchable index, with the same embedding model; and what the faster way costs in quality."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Protocol

import numpy as np

from benchmarks._llamaindex_ingestion import LlamaIndexIngestion
from benchmarks.data import shared
from benchmarks.quality import stage_scores
from benchmarks.rows import Outcome, Row, at_least, below
from hybrid._cli._scratch import open_scratch, scratch_settings
from hybrid.config import build_connectors
from hybrid.evaluation.beir import load_beir
from hybrid.evaluation.intervals import bootstrap_intervals
from hybrid.evaluation.metrics import ndcg
from hybrid.protocols import Embedder
from hybrid_connectors.folder import Folder
from hybrid_indexes.chunking.structure import StructureChunker
from hybrid_indexes.embedding._models import MINILM, locate
from hybrid_indexes.embedding.loading import load_embedder
from hybrid_indexes.knowledge import KnowledgeBase

_SLICES = 4
_SMALLEST = 1_000
"""Bytes; below lie pages of nothing but front matter, which are refused as empty."""
_STAGES = {"dense": "dense only", "fused": "fused", "rerank": "fused, late interaction"}


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One ingestion of one slice."""

    seconds: float
    characters: int
    chunks: int
    tokens: int


class _Candidate(Protocol):
    def run(self, files: Sequence[Path]) -> None:
        """Ingest files into a new index."""
        ...

    def texts(self, files: Sequence[Path]) -> list[str]:
        """Return the texts that were embedded; not measured."""
        ...


class _Ours:
    """Folder, chunker, embedder, journal and engine: a whole sync into a new index."""

    def __init__(self) -> None:
        self._embedder = load_embedder()
        self._embedder.embed_query("load the model")
        self.variant = self._embedder.variant

    def run(self, files: Sequence[Path]) -> None:
        source = Folder(name="docs", path=files[0].parent, default_readers=("public",))
        with tempfile.TemporaryDirectory() as folder:
            base = KnowledgeBase(Path(folder) / "index", embedder=self._embedder, chunker=StructureChunker())
            try:
                base.sync([source])
            finally:
                base.close()

    def texts(self, files: Sequence[Path]) -> list[str]:
        source = Folder(name="docs", path=files[0].parent, default_readers=("public",))
        documents = (source.read(entry) for entry in source.list().entries)
        return [chunk.indexed_text for document in documents for chunk in StructureChunker().chunk(document)]


def ingestion(*, quick: bool) -> Outcome:
    """Return throughput of both, their ratios, and the loss in nDCG."""
    pages = (shared("k8s-docs") / "docs").glob("*.md")
    files = sorted(path for path in pages if path.stat().st_size >= _SMALLEST)
    # Evenly through the parts of the documentation, so that long and short pages come as they do.
    chosen = files[:: 40 if quick else 5]
    slices = [chosen[number::_SLICES] for number in range(_SLICES)]
    model = locate(MINILM).path
    ours = _Ours()
    candidates: dict[str, _Candidate] = {"hybrid": ours, "LlamaIndex": LlamaIndexIngestion(model)}
    tokens = _Tokens(model)
    runs: dict[str, list[_Run]] = {name: [] for name in candidates}
    with tempfile.TemporaryDirectory() as folder:
        for number, part in enumerate(slices):
            copies = _copied(part, Path(folder) / str(number))
            for name in sorted(candidates, reverse=bool(number % 2)):
                runs[name].append(_measured(candidates[name], copies, tokens))
    loss = [] if quick else _loss()
    return Outcome(rows=tuple([*_throughput(runs, len(chosen)), *loss]), setting=_setting(len(chosen), ours.variant))


class _Tokens:
    """Counts tokens as the model does, cut at its limit."""

    def __init__(self, model: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(256)

    def count(self, texts: Sequence[str]) -> int:
        return sum(len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts)))


def _measured(candidate: _Candidate, files: Sequence[Path], tokens: _Tokens) -> _Run:
    started = time.perf_counter()
    candidate.run(files)
    seconds = time.perf_counter() - started
    texts = candidate.texts(files)
    characters = sum(len(path.read_text("utf-8")) for path in files)
    return _Run(seconds=seconds, characters=characters, chunks=len(texts), tokens=tokens.count(texts))


def _throughput(runs: dict[str, list[_Run]], files: int) -> list[Row]:
    rows: list[Row] = []
    units = {
        "same documents, by source text": ("characters", 1e-6, "MB/s"),
        "by embedded chunks": ("chunks", 1, "chunks/s"),
        "by embedded tokens": ("tokens", 1, "tokens/s"),
    }
    for name, found in runs.items():
        for what, (attribute, scale, unit) in units.items():
            speed = median(getattr(run, attribute) * scale / run.seconds for run in found)
            rows.append(Row(name=f"{name}, {what}", figure=speed, unit=unit, n=files))
        chunk = sum(run.tokens for run in found) / sum(run.chunks for run in found)
        rows.append(Row(name=f"{name}, mean size of a chunk", figure=chunk, unit="tokens", n=files))
    for what, (attribute, _, _) in units.items():
        pairs = zip(runs["hybrid"], runs["LlamaIndex"], strict=True)
        ratios = [
            getattr(ours, attribute) / ours.seconds * theirs.seconds / getattr(theirs, attribute)
            for ours, theirs in pairs
        ]
        target = at_least(3) if attribute == "characters" else None
        rows.append(Row(name=f"hybrid / LlamaIndex, {what}", figure=median(ratios), unit="x", n=files, target=target))
    return rows


def _loss() -> list[Row]:
    """Return how many points of nDCG@10 the chosen variant loses on SciFact against the model in 32 bits."""
    folder = shared("scifact")
    queries, qrels = folder / "queries_train.jsonl", folder / "qrels_train.tsv"
    settings = scratch_settings(folder, beir=True)
    with open_scratch(settings) as pipeline:
        pipeline.sync()
        golden = load_beir(queries, qrels, pipeline.knowledge.document_ids())
        fast = stage_scores(pipeline.knowledge, golden.questions, partial(ndcg, k=10))
    exact: Embedder = load_embedder(variant="fp32")
    path = settings.index.path.with_name(settings.index.path.name + "-fp32")
    base = KnowledgeBase(path, embedder=exact, chunker=StructureChunker())
    try:
        base.sync(build_connectors(settings))
        reference = stage_scores(base, golden.questions, partial(ndcg, k=10))
    finally:
        base.close()
    losses = {
        f"SciFact nDCG@10 lost to 32 bits, {label}": [100 * (b - a) for a, b in zip(fast[s], reference[s], strict=True)]
        for s, label in _STAGES.items()
    }
    intervals = bootstrap_intervals(losses)
    return [
        Row(
            name=name,
            figure=float(np.mean(lost)),
            unit="points",
            n=len(lost),
            interval=(intervals[name].low, intervals[name].high),
            target=below(0.5),
        )
        for name, lost in losses.items()
    ]


def _copied(files: Sequence[Path], folder: Path) -> list[Path]:
    folder.mkdir()
    return [Path(shutil.copy(path, folder)) for path in files]


def _setting(files: int, variant: str) -> dict[str, str]:
    return {
        "corpus": f"{files} pages of the Kubernetes documentation in {_SLICES} slices, each ingested by both in turn "
        "into a new index; medians over the slices; models are loaded before",
        "hybrid": f"a whole sync: read, cut, embed ({variant}), journal, engine with BM25 and token vectors, flush",
        "LlamaIndex": "SimpleDirectoryReader, IngestionPipeline(SentenceSplitter(chunk_size=256, chunk_overlap=0), "
        "HuggingFaceEmbedding), QdrantVectorStore in memory; torch, 32 bits, defaults; chunks of 256 tokens, as the "
        "model reads no more: of the splitter's default of 1,024 it would leave three quarters unread",
        "by source text": "the target's row: the same documents in, a searchable index out, timed from first to last "
        "step with the same embedding model, each with its own way of cutting; so it counts what cutting saves, too",
        "by chunks, by tokens": "the speed of the machinery alone: chunks and tokens embedded per second, where fine "
        "cutting is no disadvantage",
        "loss": "SciFact, all train queries, against the same index with vectors in 32 bits; left out by --quick",
    }
