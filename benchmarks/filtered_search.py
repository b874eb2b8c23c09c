"""Hybrid search under an access filter: this project, the bare engine, LlamaIndex over Qdrant's local mode."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from benchmarks._bare_edge import BareEdge
from benchmarks._llamaindex_search import LlamaIndexSearch
from benchmarks._own_index import LIMIT, OwnIndex
from benchmarks.rows import Outcome, Row, Target, at_least, at_most
from benchmarks.synthetic import DIMENSION, Corpus, connector, make_corpus, reader_of, vector_of
from benchmarks.timing import interleaved, percentile
from hybrid.types import Principal

_SHARES = {"10 %": 1, "50 %": 5}
_PEER_QUESTIONS = 15


class _Candidates:
    """All that are compared, over one corpus."""

    def __init__(self, folder: Path, corpus: Corpus) -> None:
        self.corpus = corpus
        self.ours = OwnIndex(folder / "ours")
        self.ours.sync(connector(corpus))
        self.ours.optimize()
        self.edge = BareEdge(folder / "edge", corpus)
        self.llama = LlamaIndexSearch(corpus)
        questions = corpus.questions
        self._vectors = [vector_of(question).tolist() for question in questions]
        self._plain = [self.ours.embedded(question, late=False) for question in questions]
        self._late = [self.ours.embedded(question, late=True) for question in questions]

    def ask_ours(self, number: int, principal: Principal, *, late: bool) -> object:
        question = self.corpus.questions[number]
        return self.ours.search(question, (self._late if late else self._plain)[number], principal)

    def ask_edge(self, number: int, principal: Principal, *, own_statistics: bool) -> object:
        question, vector = self.corpus.questions[number], self._vectors[number]
        return self.edge.search(question, vector, principal, LIMIT, own_statistics=own_statistics)

    def ask_llama(self, number: int, principal: Principal, *, dense_only: bool) -> object:
        question, vector = self.corpus.questions[number], self._vectors[number]
        return self.llama.search(question, vector, principal, LIMIT, dense_only=dense_only)

    def close(self) -> None:
        self.ours.close()
        self.edge.close()


def filtered_search(*, quick: bool) -> Outcome:
    """Return p50 and p99 of every candidate and the ratios that count."""
    chunks, rounds = (4_000, 60) if quick else (20_000, 400)
    corpus = make_corpus(chunks, rounds)
    with tempfile.TemporaryDirectory() as folder:
        compared = _Candidates(Path(folder), corpus)
        try:
            rows = [row for share, groups in _SHARES.items() for row in _measured(compared, share, groups, rounds)]
        finally:
            compared.close()
    return Outcome(rows=tuple(rows), setting=_setting(chunks))


def _measured(compared: _Candidates, share: str, groups: int, rounds: int) -> list[Row]:
    principal = reader_of(groups)
    fast = interleaved(
        {
            "hybrid": partial(compared.ask_ours, principal=principal, late=False),
            "hybrid with late interaction": partial(compared.ask_ours, principal=principal, late=True),
            "bare qdrant-edge": partial(compared.ask_edge, principal=principal, own_statistics=False),
            "bare qdrant-edge, own statistics": partial(compared.ask_edge, principal=principal, own_statistics=True),
        },
        rounds,
    )
    # Hundreds of times slower, so asked less often; "hybrid" runs in the same rounds for the ratio.
    slow = interleaved(
        {
            "hybrid": partial(compared.ask_ours, principal=principal, late=False),
            "hybrid with late interaction": partial(compared.ask_ours, principal=principal, late=True),
            "LlamaIndex, hybrid": partial(compared.ask_llama, principal=principal, dense_only=False),
            "LlamaIndex, dense only": partial(compared.ask_llama, principal=principal, dense_only=True),
        },
        _PEER_QUESTIONS,
        warm_up=1,
    )
    return [*_times(share, {**slow, **fast}), *_ratios(share, fast, slow)]


def _times(share: str, seconds: Mapping[str, list[float]]) -> list[Row]:
    return [
        Row(name=f"{name}, {share} readable, p{part}", figure=percentile(taken, part) * 1e3, unit="ms", n=len(taken))
        for name, taken in seconds.items()
        for part in (50, 99)
    ]


def _ratios(share: str, fast: Mapping[str, list[float]], slow: Mapping[str, list[float]]) -> list[Row]:
    def ratio(of: str, to: str, taken: Mapping[str, list[float]], target: Target | None = None) -> Row:
        figure = percentile(taken[of], 50) / percentile(taken[to], 50)
        return Row(name=f"{of} / {to}, {share} readable, p50", figure=figure, unit="x", n=len(taken[of]), target=target)

    return [
        ratio("LlamaIndex, hybrid", "hybrid", slow, at_least(50)),
        ratio("LlamaIndex, hybrid", "hybrid with late interaction", slow),
        ratio("LlamaIndex, dense only", "hybrid", slow),
        ratio("hybrid", "bare qdrant-edge, own statistics", fast, at_most(1.5)),
        ratio("hybrid", "bare qdrant-edge", fast),
        ratio("hybrid with late interaction", "bare qdrant-edge, own statistics", fast),
    ]


def _setting(chunks: int) -> Mapping[str, str]:
    return {
        "corpus": f"{chunks:,} chunks of 120 invented words with Zipf frequencies, random vectors of {DIMENSION} "
        "dimensions, 5 chunks a document; document i is readable for group i mod 10",
        "all": "the question's vector is given; its words are counted in the measured time; 10 passages with text",
        "hybrid": "Retriever.search_embedded: 100 candidates a half, complete ties, true scores of every candidate, "
        "term statistics over the readable documents, second access check, text from the journal",
        "bare qdrant-edge": "one EdgeShard.query: two prefetches of 100 under the same filter, RRF, payload with the "
        "text; BM25 with the engine's IDF over all documents; optimised as ours",
        "own statistics": "the same call with IdfParams(corpus=filter), without which BM25's scores tell of documents "
        "that the principal may not read; the engine's ties still do. The target is against this one: the cheapest "
        "call whose scores keep to the readable documents. Uneven against hybrid: it walks the graph and reads ranks "
        "only, hybrid compares every vector up to 10,000 readable chunks; even: one answer's text each, no model",
        "LlamaIndex": "VectorStoreIndex, QdrantVectorStore(client=QdrantClient(':memory:'), enable_hybrid=True) with "
        "the engine's BM25 as sparse encoder, MetadataFilters; its relative-score fusion of 100 candidates a half",
    }
