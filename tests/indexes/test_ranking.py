"""Rankings are what the plain computation over all readable chunks says, whatever shortcuts are taken on the way."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import fsum, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from index_oracle import open_base

from hybrid.access import permits
from hybrid.protocols import Hit
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import Access, Document, Principal
from hybrid_indexes._bm25 import Bm25Encoder, query_weights
from hybrid_indexes._ranking import in_order, stable_top, standardised_sum
from hybrid_indexes.journal._memory import Memory

# Few distinct scores, so that ties are the rule.
SCORES = st.dictionaries(st.integers(0, 300), st.sampled_from([0.0, 0.25, 0.5, 1.0, 7.0]), max_size=120)


def place(point: int) -> tuple[str, int]:
    """Order points by something that is neither their number nor their score."""
    return f"document {point % 7}", -point


def plain_order(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda item: (-item[1], place(item[0])))


@given(SCORES)
def test_points_are_ordered_by_score_then_by_place(scores: dict[int, float]):
    assert [*in_order(scores, place).items()] == plain_order(scores)


@given(SCORES, st.randoms(use_true_random=False), st.integers(1, 40), st.integers(1, 5))
def test_the_best_are_complete_whatever_order_an_engine_gives_to_ties(scores, random, wanted, hidden_every):
    def search(limit: int) -> list[Hit]:
        shuffled = random.sample(sorted(scores), len(scores))
        best = sorted(shuffled, key=lambda point: -scores[point])[:limit]
        return [Hit(id=point, score=scores[point]) for point in best]

    def keep(found: Mapping[int, float]) -> dict[int, float]:
        return {point: score for point, score in found.items() if hidden_every == 1 or point % hidden_every}

    assert [*stable_top(search, keep, place, wanted=wanted).items()] == plain_order(keep(scores))[:wanted]


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 30)), max_size=60))
def test_the_sum_is_that_of_standardised_scores(columns: list[tuple[float, float]]):
    rankings = [dict(enumerate(column)) for column in zip(*columns, strict=True)]
    rankings = [rankings[0], dict(reversed(rankings[1].items()))] if rankings else []

    def standardised(scores: Sequence[float]) -> list[float]:
        mean = fsum(scores) / len(scores)
        deviation = sqrt(fsum((score - mean) ** 2 for score in scores) / len(scores)) or 1.0
        return [(score - mean) / deviation for score in scores]

    expected = (
        [0.5 * a + b for a, b in zip(*map(standardised, zip(*columns, strict=True)), strict=True)] if columns else []
    )
    weights = (0.5, 1.0) if rankings else ()
    assert [*standardised_sum(rankings, place, weights=weights).items()] == plain_order(dict(enumerate(expected)))


@given(st.lists(st.lists(st.integers(0, 50), unique=True), max_size=8))
def test_what_is_remembered_is_read_once_and_stays_what_it_was(asked: list[list[int]]):
    memory, read = Memory[int](), list[int]()

    def look_up(keys: list[int]) -> dict[int, int]:
        read.extend(keys)
        return {key: key * key for key in keys if key % 3}

    for keys in asked:
        assert memory.get(keys, look_up) == {key: key * key for key in keys if key % 3}
    assert len(read) == len(set(read))


def test_memory_is_bounded():
    memory = Memory[int](capacity=3)
    for first in range(0, 20, 2):
        assert memory.get([first, first + 1], lambda keys: {key: -key for key in keys}) == {
            first: -first,
            first + 1: -first - 1,
        }
    assert len(memory._known) <= 5


WORDS = ("refund", "invoice", "sensor", "battery", "legal", "holiday", "router", "water")
READERS = (("public",), ("group:staff",), ("user:ana", "group:legal"))
ASKING = (Principal(), Principal(user="ana"), Principal(groups=frozenset({"staff", "legal"})))


def corpus(seed: int) -> dict[str, Document]:
    random = np.random.default_rng(seed)
    return {
        f"{number}.md": memory_document(
            f"{number}.md",
            "\n\n".join(" ".join(random.choice(WORDS, size=random.integers(1, 9))) for _ in range(3)),
            access=Access(readers=READERS[int(random.integers(len(READERS)))]),
        )
        for number in range(24)
    }


def plain_search(
    question: str, documents: Mapping[str, Document], principal: Principal
) -> list[tuple[str, int, float]]:
    """Return (document, start, score) of all readable chunks, by the definition of the scores."""
    embedder, bm25 = HashingEmbedder(dimension=16), Bm25Encoder()
    chunks = [
        (document.id, chunk.start, chunk.indexed_text)
        for document in documents.values()
        if permits(principal, document.access)
        for chunk in ParagraphChunker().chunk(document)
    ]
    if not chunks:
        return []
    terms = [dict(zip(*_pair(bm25.document(text)), strict=True)) for _, _, text in chunks]
    asked = bm25.query(question)
    frequencies = {term: sum(term in found for found in terms) for term in asked}
    weights = dict(zip(*_pair(query_weights(asked, frequencies, len(chunks))), strict=True))
    vector = embedder.embed_query(question)
    dense = [float(np.dot(embedder.embed_query(text), vector)) for _, _, text in chunks]
    sparse = [sum(weights[term] * found.get(term, 0) for term in weights) for found in terms]
    sums = np.sum([(np.array(s) - np.mean(s)) / (np.std(s) or 1) for s in (dense, sparse)], axis=0)
    found = [(name, start, float(score)) for (name, start, _), score in zip(chunks, sums, strict=True)]
    return sorted(found, key=lambda hit: (-round(hit[2], 4), hit[:2]))


def _pair(vector) -> tuple[Sequence[int], Sequence[float]]:
    return vector.indices, vector.values


def test_a_search_is_the_plain_computation_before_and_after_every_change(tmp_path: Path):
    source = MemoryConnector(documents=corpus(1))
    with_change = [source.documents, {**corpus(1), **dict(list(corpus(2).items())[:9])}, corpus(3), {}]
    base = open_base(tmp_path)
    try:
        for documents in with_change:
            source.documents = documents
            base.sync([source], accept_empty=[source.name])
            for principal in (*ASKING, *ASKING):  # the second time from what is remembered
                found = base.search("refund of the sensor battery", principal=principal, limit=1000).passages
                expected = plain_search("refund of the sensor battery", documents, principal)
                assert sorted((p.document_id, p.start) for p in found) == sorted(hit[:2] for hit in expected)
                by_place = {hit[:2]: hit[2] for hit in expected}
                for passage in found:
                    assert passage.scores.fused == pytest.approx(by_place[passage.document_id, passage.start], abs=1e-4)
                assert all(a.scores.fused >= b.scores.fused for a, b in pairwise(found))
    finally:
        base.close()
