"""The contract of indexes as tests that an implementer inherits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from hybrid.access import AccessFilter, Narrowing
from hybrid.errors import AccessError
from hybrid.protocols import Hit, Index, Point, SparseVector
from hybrid.types import MetadataValue

DIMENSION = 4
"""Dimension of the index that the fixture ``index`` gives."""

ORDINAL_BITS = 20
EVERYTHING = AccessFilter(scopes=(1, 2, 3))

_EAST = (1.0, 0.0, 0.0, 0.0)
_NORTH = (0.0, 1.0, 0.0, 0.0)
_NORTH_EAST = (0.6, 0.8, 0.0, 0.0)

_DESCRIBED: Mapping[int, Mapping[str, MetadataValue]] = {
    1: {"lang": "en", "year": 2025, "draft": True, "weight": 1.5},
    2: {"lang": "de", "year": 2026, "draft": False, "weight": 2.0},
    3: {"lang": "2026", "year": 1, "draft": True, "weight": 2},
    4: {},
    5: {"lang": "", "year.month": 5, 'the "best" \\ 100%': "yes", "tags[]": "list", "a b": 0, "": "nameless", "ü": -1},
}

_NONE: set[int] = set()
_NARROWINGS: Sequence[tuple[Narrowing, set[int]]] = [
    ({"lang": "en"}, {1}),
    ({"lang": ("en", "de")}, {1, 2}),
    ({"lang": ""}, {5}),
    ({"year": 2026}, {2}),
    ({"year": (2025, 2026)}, {1, 2}),
    ({"year": 1}, {3}),
    ({"year": "2026"}, _NONE),
    ({"draft": True}, {1, 3}),
    ({"draft": False}, {2}),
    ({"draft": (True, False)}, {1, 2, 3}),
    ({"draft": 1}, _NONE),
    ({"weight": 1.5}, {1}),
    ({"weight": 2.0}, {2, 3}),
    ({"weight": (1.5, 2.0)}, {1, 2, 3}),
    ({"lang": ("en", 2026, True)}, {1}),
    ({"lang": "en", "draft": True}, {1}),
    ({"lang": "en", "draft": False}, _NONE),
    ({"nowhere": "en"}, _NONE),
    ({"year.month": 5}, {5}),
    ({'the "best" \\ 100%': "yes"}, {5}),
    ({"tags[]": "list"}, {5}),
    ({"a b": 0}, {5}),
    ({"": "nameless"}, {5}),
    ({"ü": -1}, {5}),
    ({'lang" : "': "en"}, _NONE),
]


def point(
    version: int,
    ordinal: int = 0,
    *,
    dense: Sequence[float] = _EAST,
    terms: Mapping[int, float] | None = None,
    scope: int = 1,
    meta: Mapping[str, MetadataValue] | None = None,
) -> Point:
    """Return a point of a document version, in the payload that hybrid writes."""
    weights = {7: 1.0} if terms is None else terms
    return Point(
        id=version << ORDINAL_BITS | ordinal,
        dense=dense,
        sparse=SparseVector(indices=tuple(weights), values=tuple(weights.values())),
        payload={"version": version, "scope": scope, "meta": dict(meta or {})},
    )


class IndexContract:
    """What every index keeps, wherever its points are.

    Inherit it and give a fixture ``index``: an empty index for embeddings of ``DIMENSION``.

    Example:
        >>> class TestMyIndex(IndexContract):
        ...     @pytest.fixture
        ...     def index(self):
        ...         return MyIndex(dimension=DIMENSION)
    """

    def test_finds_the_nearest_first(self, index: Index) -> None:
        """Dense search orders by the product of the vectors."""
        index.upsert([point(1, dense=_NORTH), point(2, dense=_EAST), point(3, dense=_NORTH_EAST)])
        for exact in (True, False):
            hits = index.search_dense(_NORTH, EVERYTHING, limit=10, exact=exact)
            assert _versions(hits) == [1, 3, 2]
            assert [hit.score for hit in hits] == pytest.approx([1.0, 0.8, 0.0])

    def test_finds_the_largest_weighted_overlap_first(self, index: Index) -> None:
        """Sparse search sums the products of common terms and leaves out points without one."""
        index.upsert(
            [point(1, terms={7: 1.0, 9: 0.5}), point(2, terms={9: 2.0}), point(3, terms={8: 5.0}), point(4, terms={})]
        )
        hits = index.search_sparse(SparseVector(indices=(7, 9), values=(1.0, 2.0)), EVERYTHING, limit=10)
        assert [(version, hit.score) for version, hit in zip(_versions(hits), hits, strict=True)] == [(2, 4), (1, 2)]

    def test_an_empty_index_answers(self, index: Index) -> None:
        """Nothing written is nothing found, not an error."""
        assert _found(index, EVERYTHING) == set()
        assert index.versions() == {}
        assert index.vectors([1]) == {}

    def test_limits_to_the_best(self, index: Index) -> None:
        """A limit cuts the tail, never the head."""
        index.upsert([point(1, dense=_EAST), point(2, dense=_NORTH), point(3, dense=_NORTH_EAST)])
        assert _versions(index.search_dense(_NORTH, EVERYTHING, limit=2, exact=True)) == [2, 3]

    def test_ties_come_complete(self, index: Index) -> None:
        """When the limit has room, every point of a tie is there."""
        index.upsert([point(1, ordinal) for ordinal in range(600)])
        hits = index.search_dense(_EAST, EVERYTHING, limit=700, exact=True)
        assert sorted(hit.id for hit in hits) == [1 << ORDINAL_BITS | ordinal for ordinal in range(600)]
        assert len({hit.score for hit in hits}) == 1

    def test_sees_nothing_outside_the_scopes(self, index: Index) -> None:
        """The access filter holds in both searches, whatever lies next to it."""
        index.upsert([point(version, scope=version) for version in (1, 2, 3)])
        assert _found(index, AccessFilter(scopes=(2,))) == {2}
        assert _found(index, AccessFilter(scopes=(1, 3))) == {1, 3}
        assert _found(index, AccessFilter(scopes=(4,))) == set()

    def test_looks_at_the_named_points_only(self, index: Index) -> None:
        """Naming points narrows as everything else does; it opens no scope."""
        index.upsert([point(version, ordinal, scope=version) for version in (1, 2) for ordinal in range(3)])
        named = (1 << ORDINAL_BITS | 1, 2 << ORDINAL_BITS, 9 << ORDINAL_BITS)
        hits = index.search_dense(_EAST, AccessFilter(scopes=(1,), points=named), limit=10, exact=True)
        assert [hit.id for hit in hits] == [1 << ORDINAL_BITS | 1]
        assert _found(index, AccessFilter(scopes=(3,), points=named)) == set()

    def test_a_filter_without_scopes_cannot_be_made(self) -> None:
        """Engines read an empty filter as no filter."""
        with pytest.raises(AccessError):
            AccessFilter(scopes=())

    @pytest.mark.parametrize(
        ("narrowing", "expected"),
        _NARROWINGS,
        ids=repr,
    )
    def test_narrows_by_metadata(self, index: Index, narrowing: Narrowing, expected: set[int]) -> None:
        """All conditions must hold; a tuple means any of its values; kinds of values are kept apart."""
        index.upsert([point(version, meta=meta) for version, meta in _DESCRIBED.items()])
        assert _found(index, AccessFilter(scopes=(1,), narrowing=narrowing)) == expected

    @pytest.mark.parametrize("name", ["lang", "scope", "version", "meta", "../scope", 'x" , "scope'])
    def test_narrowing_never_widens(self, index: Index, name: str) -> None:
        """No narrowing reaches a point outside the scopes, nor a field that access depends on."""
        index.upsert([point(1, scope=1, meta={"lang": "en"}), point(2, scope=2, meta={"lang": "en", name: 2})])
        for value in (2, (1, 2), "en", ("en", 2, 2.0), 2.0):
            assert _found(index, AccessFilter(scopes=(1,), narrowing={name: value})) <= {1}

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, (1, -(2**70))], ids=repr)
    def test_refuses_a_value_that_no_document_can_hold(self, index: Index, value: MetadataValue) -> None:
        """Engines turn such values into no condition at all."""
        index.upsert([point(1, meta={"year": 1, "weight": 1.0})])
        for name in ("year", "weight"):
            with pytest.raises(AccessError, match="no document can hold"):
                _found(index, AccessFilter(scopes=(1,), narrowing={name: value}))

    def test_writing_a_point_again_replaces_it(self, index: Index) -> None:
        """A repeated write neither doubles nor mixes."""
        index.upsert([point(1, dense=_EAST, terms={7: 1.0}, meta={"lang": "en"})])
        index.upsert([point(1, dense=_NORTH, terms={8: 1.0}, meta={"year": 1})])
        assert index.versions() == {1: 1}
        assert index.search_dense(_NORTH, EVERYTHING, limit=10, exact=True)[0].score == pytest.approx(1.0)
        assert index.search_sparse(SparseVector(indices=(7,), values=(1.0,)), EVERYTHING, limit=10) == []
        assert _found(index, AccessFilter(scopes=(1,), narrowing={"lang": "en"})) == set()

    def test_a_payload_change_moves_a_version_as_a_whole(self, index: Index) -> None:
        """Scope and metadata of every point of the version are replaced, vectors and other versions stay."""
        index.upsert([point(1, ordinal, dense=_NORTH, meta={"lang": "en"}) for ordinal in range(3)])
        index.upsert([point(2, dense=_NORTH)])
        index.set_payload(1, {"version": 1, "scope": 2, "meta": {"year": 1}})
        assert _found(index, AccessFilter(scopes=(1,))) == {2}
        assert _found(index, AccessFilter(scopes=(2,), narrowing={"year": 1})) == {1}
        assert _found(index, AccessFilter(scopes=(2,), narrowing={"lang": "en"})) == set()
        assert index.versions() == {1: 3, 2: 1}
        assert list(index.vectors([1 << ORDINAL_BITS])[1 << ORDINAL_BITS]) == pytest.approx(list(_NORTH))

    def test_a_payload_change_of_an_unknown_version_does_nothing(self, index: Index) -> None:
        """Repair may repeat what was done before."""
        index.upsert([point(1)])
        index.set_payload(5, {"version": 5, "scope": 2, "meta": {}})
        assert index.versions() == {1: 1}

    def test_removes_whole_versions(self, index: Index) -> None:
        """Nothing of a removed version is left, and nothing else goes."""
        index.upsert([point(version, ordinal) for version in range(1, 400) for ordinal in range(2)])
        index.remove([version for version in range(1, 400) if version not in (7, 300)])
        assert index.versions() == {7: 2, 300: 2}
        assert _found(index, EVERYTHING) == {7, 300}

    def test_removing_nothing_removes_nothing(self, index: Index) -> None:
        """An empty list is not a filter that matches everything."""
        index.upsert([point(1)])
        index.remove([])
        index.remove([99])
        assert index.versions() == {1: 1}

    def test_counts_the_points_of_every_version(self, index: Index) -> None:
        """Counts are exact: they are the check after a crash."""
        index.upsert([point(version, ordinal) for version in range(1, 40) for ordinal in range(version)])
        assert index.versions() == {version: version for version in range(1, 40)}

    def test_returns_stored_vectors(self, index: Index) -> None:
        """Unknown ids are left out; any number may be asked for."""
        index.upsert([point(1, ordinal, dense=_NORTH_EAST) for ordinal in range(1200)])
        ids = [1 << ORDINAL_BITS | ordinal for ordinal in range(1200)]
        found = index.vectors([*ids, 5])
        assert sorted(found) == ids
        assert all(list(vector) == pytest.approx(list(_NORTH_EAST)) for vector in found.values())
        assert index.vectors([]) == {}

    def test_writing_nothing_is_nothing(self, index: Index) -> None:
        """An empty batch is no error."""
        index.upsert([])
        assert index.versions() == {}

    def test_flush_and_optimize_lose_nothing(self, index: Index) -> None:
        """Housekeeping changes no answer."""
        index.upsert([point(version, dense=_NORTH_EAST) for version in (1, 2, 3)])
        index.flush()
        assert isinstance(index.optimize(), bool)
        assert _found(index, EVERYTHING) == {1, 2, 3}

    def test_closing_twice_does_nothing(self, index: Index) -> None:
        """A context manager and an exit handler may both close."""
        index.close()
        index.close()


def _versions(hits: Sequence[Hit]) -> list[int]:
    return [hit.id >> ORDINAL_BITS for hit in hits]


def _found(index: Index, access: AccessFilter) -> set[int]:
    """Return the versions that either search can see; both must see the same."""
    dense = set(_versions(index.search_dense(_NORTH_EAST, access, limit=2000, exact=True)))
    assert dense == set(_versions(index.search_dense(_NORTH_EAST, access, limit=2000, exact=False)))
    assert dense == set(_versions(index.search_sparse(SparseVector(indices=(7,), values=(1.0,)), access, limit=2000)))
    return dense
