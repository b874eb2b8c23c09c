"""The embedded index: Qdrant's engine inside the process."""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hybrid.access import AccessFilter
from hybrid.protocols import Hit, Point, SparseVector
from hybrid_indexes._edge_filters import edge_filter
from hybrid_indexes._edge_shard import create_shard, load_shard, refuse_old_engine, translated
from hybrid_indexes._filters import of_versions, readable
from hybrid_indexes._points import DENSE, SPARSE, VERSION, stored
from hybrid_indexes._room import require_room
from hybrid_indexes._shards import CurrentShard, ShardFolder
from hybrid_indexes._swap import Swappable

if TYPE_CHECKING:
    from qdrant_edge import EdgeShard, QueryRequest, UpdateOperation

_FIRST_SHARD = "shard-1"
# The engine holds Python's global lock during a write; short writes let readers in between.
_POINTS_PER_WRITE = 64
_OPTIMIZE_AFTER = 10_000


class EdgeIndex:
    """Points in an embedded shard; exact and fast without a server.

    Args:
        path: Folder of the index; made when absent.
        dimension: Length of the embeddings.

    Raises:
        IndexLockedError: Another process has the shard open.
        IndexStateError: The installed engine is too old to survive a crash, or the shard has another dimension.
        StorageError: The disk is too full to open or make it.

    Example:
        >>> import tempfile
        >>> index = EdgeIndex(Path(tempfile.mkdtemp()), dimension=2)
        >>> index.upsert([Point(id=1, dense=[1.0, 0.0], sparse=SparseVector(indices=(), values=()),
        ...                     payload={"version": 0, "scope": 1, "meta": {}})])
        >>> index.search_dense([1.0, 0.0], AccessFilter(scopes=(1,)), limit=5, exact=True)
        [Hit(id=1, score=1.0)]
        >>> index.close()
    """

    def __init__(self, path: Path, *, dimension: int) -> None:
        refuse_old_engine()
        self._path = path
        self._folder = ShardFolder(path)
        self._dimension = dimension
        self._current = self._folder.current() or self._create()
        self._shard = Swappable(load_shard(self._folder.path(self._current.name), dimension))
        self._writing = threading.Lock()
        self._closed = False

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points; a killed process loses none of them, a power cut those after the last ``flush``."""
        from qdrant_edge import UpdateOperation

        for start in range(0, len(points), _POINTS_PER_WRITE):
            batch = [_edge_point(point) for point in points[start : start + _POINTS_PER_WRITE]]
            self._update(UpdateOperation.upsert_points(batch))

    def set_payload(self, version: int, payload: Mapping[str, object]) -> None:
        """Replace fields of the payload of every point of a document version."""
        from qdrant_edge import UpdateOperation

        self._update(
            UpdateOperation.set_payload_by_filter(edge_filter(of_versions([version])), cast(Any, stored(payload)))
        )

    def remove(self, versions: Sequence[int]) -> None:
        """Remove every point of these document versions."""
        from qdrant_edge import UpdateOperation

        if versions:
            self._update(UpdateOperation.delete_points_by_filter(edge_filter(of_versions(versions))))

    def flush(self) -> None:
        """Make everything written so far survive a power cut."""
        with self._writing, translated():
            self._shard.value.flush()

    def search_dense(self, vector: Sequence[float], access: AccessFilter, *, limit: int, exact: bool) -> list[Hit]:
        """Return the nearest readable points, best first."""
        from qdrant_edge import Query, QueryRequest, SearchParams

        nearest = Query.Nearest([*vector], using=DENSE)
        params = SearchParams(exact=exact)
        return self._query(
            QueryRequest(query=nearest, filter=edge_filter(readable(access)), limit=limit, params=params)
        )

    def search_sparse(self, weights: SparseVector, access: AccessFilter, *, limit: int) -> list[Hit]:
        """Return the readable points with the largest weighted term overlap, best first."""
        from qdrant_edge import Query, QueryRequest
        from qdrant_edge import SparseVector as EdgeSparseVector

        terms = EdgeSparseVector([*weights.indices], [*weights.values])
        nearest = Query.Nearest(terms, using=SPARSE)
        return self._query(QueryRequest(query=nearest, filter=edge_filter(readable(access)), limit=limit))

    def vectors(self, ids: Sequence[int]) -> Mapping[int, Sequence[float]]:
        """Return stored embeddings by point id; unknown ids are left out."""
        with self._reading() as shard:
            records = shard.retrieve([*ids], with_payload=False, with_vector=[DENSE])
        return {cast(int, record.id): cast("dict[str, list[float]]", record.vector)[DENSE] for record in records}

    def versions(self) -> Mapping[int, int]:
        """Return the number of points of every document version held."""
        from qdrant_edge import FacetRequest

        with self._reading() as shard:
            facet = shard.facet(FacetRequest(key=VERSION, limit=2**31, exact=True))
        # Values of removed points stay in the field's index, with a count of nothing.
        return {cast(int, hit.value): hit.count for hit in facet.hits if hit.count}

    def optimize(self) -> bool:
        """Build a better organised copy beside the shard and switch to it; readers never wait.

        Returns:
            Whether anything was done; nothing is, until enough points have come or gone.
        """
        from qdrant_edge import CountRequest

        with self._writing:
            points = self._shard.value.count(CountRequest())
            if abs(points - self._current.optimized_points) < max(_OPTIMIZE_AFTER, points // 5):
                return False
            self._shard.value.flush()
            successor = self._folder.optimized_copy(self._current.name)
            self._replace(CurrentShard(name=successor, optimized_points=points))
        return True

    def copy_to(self, folder: Path) -> None:
        """Write a copy, flushed, into a folder that does not exist yet."""
        with self._writing:
            with translated():
                self._shard.value.flush()
            self._folder.copy_to(folder, self._current)

    def close(self) -> None:
        """Flush and release everything; a second call does nothing."""
        with self._writing, translated():
            if self._closed:
                return
            self._closed = True
            try:
                self._shard.value.flush()
            finally:
                self._shard.value.close()

    def _create(self) -> CurrentShard:
        current = CurrentShard(name=_FIRST_SHARD, optimized_points=0)
        self._folder.discard(current.name)  # what a process left that was killed in the middle of this
        path = self._folder.path(current.name)
        path.mkdir()
        create_shard(path, self._dimension)
        self._folder.switch(current)
        return current

    def _replace(self, current: CurrentShard) -> None:
        """Switch to another shard; the old one is closed once the last of its readers is done."""
        successor = load_shard(self._folder.path(current.name), self._dimension)
        self._folder.switch(current)
        self._shard.replace(successor).close()
        self._folder.discard(self._current.name)
        self._current = current

    def _update(self, operation: UpdateOperation) -> None:
        require_room(self._path)
        with self._writing, translated():
            self._shard.value.update(operation)

    def _query(self, request: QueryRequest) -> list[Hit]:
        with self._reading() as shard:
            found = cast("list[Any]", shard.query(request))
        return [Hit(point.id, point.score) for point in found]

    @contextmanager
    def _reading(self) -> Generator[EdgeShard]:
        with self._shard.borrow() as shard, translated():
            yield shard


def _edge_point(point: Point) -> Any:
    from qdrant_edge import Point as EdgePoint
    from qdrant_edge import SparseVector as EdgeSparseVector

    sparse = EdgeSparseVector([*point.sparse.indices], [*point.sparse.values])
    vectors: Any = {DENSE: [*point.dense], SPARSE: sparse}
    return EdgePoint(point.id, vectors, cast(Any, stored(point.payload)))
