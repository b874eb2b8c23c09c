"""One builder, two executors: the embedded engine and the server's client find the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index_oracle import scratch_folder
from qdrant_client import QdrantClient

from hybrid.access import AccessFilter
from hybrid.protocols import Hit, Index, Point, SparseVector
from hybrid.types import MetadataValue
from hybrid_indexes.edge import EdgeIndex
from hybrid_indexes.server import QdrantIndex, QdrantServer

DIMENSION = 3
ALL = 1000

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect", "ignore:Local mode performs exact")

names = st.sampled_from(["lang", "n", "a.b", 'quo"te', "[0]", " ", "%22", "ü"]) | st.text(max_size=3)
names = names.filter(lambda name: name.isprintable())
values: st.SearchStrategy[MetadataValue] = st.one_of(
    st.sampled_from(["en", "de", "", "!true", "true", "1"]),
    st.sampled_from([0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63)]),
    st.booleans(),
    st.sampled_from([0.0, 1.0, 1.5, -0.0, 1e300, 5e-324]),
)
sixteenths = st.integers(-16, 16).map(lambda number: number / 16)
vectors = st.lists(sixteenths, min_size=DIMENSION, max_size=DIMENSION).filter(any)
weights = st.dictionaries(st.integers(0, 5), st.integers(1, 64).map(lambda number: number / 64), max_size=4)
narrowings = st.dictionaries(names, values | st.lists(values, min_size=1, max_size=3).map(tuple), max_size=2)
filters = st.builds(
    AccessFilter,
    scopes=st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True).map(lambda ids: tuple(sorted(ids))),
    narrowing=narrowings,
)


@dataclass(frozen=True, kw_only=True)
class Described:
    version: int
    dense: Sequence[float]
    sparse: Mapping[int, float]
    scope: int
    meta: Mapping[str, MetadataValue]

    def point(self, ordinal: int) -> Point:
        sparse = SparseVector(indices=tuple(self.sparse), values=tuple(self.sparse.values()))
        payload = {"version": self.version, "scope": self.scope, "meta": dict(self.meta)}
        return Point(id=self.version << 20 | ordinal, dense=self.dense, sparse=sparse, payload=payload)


points = st.lists(
    st.builds(
        Described,
        version=st.integers(1, 6),
        dense=vectors,
        sparse=weights,
        scope=st.integers(1, 4),
        meta=st.dictionaries(names, values, max_size=3),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Index, Index]]:
    client = QdrantClient(":memory:")
    server = QdrantServer(url="http://localhost", client=client)
    with scratch_folder() as folder:
        edge = EdgeIndex(Path(folder), dimension=DIMENSION)
        yield edge, QdrantIndex(server, collection="parity", dimension=DIMENSION)
        edge.close()
    client.close()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    described=points,
    changed=st.dictionaries(st.integers(1, 6), st.integers(1, 4), max_size=2),
    removed=st.lists(st.integers(1, 6), max_size=2),
    access=filters,
    vector=vectors,
    query=weights,
)
def test_both_executors_find_the_same(
    both: tuple[Index, Index],
    described: list[Described],
    changed: dict[int, int],
    removed: list[int],
    access: AccessFilter,
    vector: list[float],
    query: dict[int, float],
) -> None:
    for index in both:
        index.remove(list(index.versions()))
        index.upsert([each.point(ordinal) for ordinal, each in enumerate(described)])
        for version, scope in changed.items():
            index.set_payload(version, {"version": version, "scope": scope, "meta": {"lang": "en"}})
        index.remove(removed)
    edge, server = both
    assert edge.versions() == server.versions()
    ids = [each.point(ordinal).id for ordinal, each in enumerate(described)]
    assert {id_: list(found) for id_, found in edge.vectors(ids).items()} == {
        id_: list(found) for id_, found in server.vectors(ids).items()
    }
    if described and query:
        sparse = SparseVector(indices=tuple(query), values=tuple(query.values()))
        same(*(index.search_sparse(sparse, access, limit=ALL) for index in both))
    same(*(index.search_dense(vector, access, limit=ALL, exact=True) for index in both))


def same(left: list[Hit], right: list[Hit]) -> None:
    """The same points, with the same scores, in the same order once ties are ordered by id."""
    ordered = [sorted(hits, key=lambda hit: (-round(hit.score, 5), hit.id)) for hits in (left, right)]
    assert [hit.id for hit in ordered[0]] == [hit.id for hit in ordered[1]]
    assert [hit.score for hit in ordered[0]] == pytest.approx([hit.score for hit in ordered[1]], abs=1e-5)
