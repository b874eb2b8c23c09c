"""The index on a Qdrant server or cluster: the same points and the same filters as the embedded one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from hybrid.access import AccessFilter
from hybrid.errors import IndexStateError
from hybrid.protocols import Hit, Point, SparseVector
from hybrid_indexes._filters import Condition, of_versions, readable
from hybrid_indexes._points import DENSE, SCOPE, SPARSE, VERSION, stored
from hybrid_indexes._server_connection import Connection, QdrantServer
from hybrid_indexes._server_filters import server_filter

if TYPE_CHECKING:
    from qdrant_client import QdrantClient
    from qdrant_client.models import Filter, PointStruct, SearchParams
    from qdrant_client.models import SparseVector as ServerSparseVector

    from hybrid_indexes._workspace import Generation

__all__ = ["QdrantEngine", "QdrantIndex", "QdrantServer"]

_POINTS_PER_CALL = 256
_IDS_PER_CALL = 1000


class QdrantIndex:
    """Points in a collection of a Qdrant server; the collection is made when absent.

    Args:
        server: Where the server is, and how a new collection is laid out.
        collection: Name of the collection; nothing else may write to it.
        dimension: Length of the embeddings.

    Raises:
        IndexStateError: The server cannot be used, or the collection was made for something else.
    """

    def __init__(self, server: QdrantServer, *, collection: str, dimension: int) -> None:
        self._collection = collection
        self._connection = Connection(server)
        try:
            self._prepare(server, dimension)
        except BaseException:
            self._connection.close()
            raise

    def upsert(self, points: Sequence[Point]) -> None:
        """Write points and wait until they can be found."""
        for start in range(0, len(points), _POINTS_PER_CALL):
            batch = [_server_point(point) for point in points[start : start + _POINTS_PER_CALL]]
            self._connection.call(lambda client, batch=batch: client.upsert(self._collection, batch, wait=True))

    def set_payload(self, version: int, payload: Mapping[str, object]) -> None:
        """Replace fields of the payload of every point of a document version."""
        chosen = server_filter(of_versions([version]))
        self._connection.call(lambda client: client.set_payload(self._collection, stored(payload), chosen, wait=True))

    def remove(self, versions: Sequence[int]) -> None:
        """Remove every point of these document versions."""
        if versions:
            chosen = server_filter(of_versions(versions))
            self._connection.call(lambda client: client.delete(self._collection, chosen, wait=True))

    def flush(self) -> None:
        """Do nothing: the server answers a write when its own log holds it, on as many copies as were asked for."""

    def search_dense(self, vector: Sequence[float], access: AccessFilter, *, limit: int, exact: bool) -> list[Hit]:
        """Return the nearest readable points, best first."""
        from qdrant_client.models import SearchParams

        return self._search([*vector], DENSE, readable(access), limit, SearchParams(exact=exact))

    def search_sparse(self, weights: SparseVector, access: AccessFilter, *, limit: int) -> list[Hit]:
        """Return the readable points with the largest weighted term overlap, best first."""
        return self._search(_server_sparse(weights), SPARSE, readable(access), limit, None)

    def vectors(self, ids: Sequence[int]) -> Mapping[int, Sequence[float]]:
        """Return stored embeddings by point id; unknown ids are left out."""
        found: dict[int, Sequence[float]] = {}
        for start in range(0, len(ids), _IDS_PER_CALL):
            some = list(ids[start : start + _IDS_PER_CALL])
            records = self._connection.call(
                lambda client, some=some: client.retrieve(
                    self._collection, some, with_payload=False, with_vectors=[DENSE]
                )
            )
            found.update(
                (cast(int, record.id), cast("Mapping[str, list[float]]", record.vector)[DENSE]) for record in records
            )
        return found

    def versions(self) -> Mapping[int, int]:
        """Return the number of points of every document version held."""
        facet = self._connection.call(
            lambda client: client.facet(self._collection, VERSION, limit=2**31 - 1, exact=True)
        )
        return {cast(int, hit.value): hit.count for hit in facet.hits if hit.count}

    def optimize(self) -> bool:
        """Do nothing: the server optimises by itself, beside its readers."""
        return False

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self._connection.close()

    def _search(
        self,
        query: list[float] | ServerSparseVector,
        using: str,
        conditions: Sequence[Condition],
        limit: int,
        params: SearchParams | None,
    ) -> list[Hit]:
        chosen: Filter = server_filter(conditions)
        response = self._connection.call(
            lambda client: client.query_points(
                self._collection,
                query=query,
                using=using,
                query_filter=chosen,
                search_params=params,
                limit=limit,
                with_payload=False,
            )
        )
        return [Hit(id=cast(int, point.id), score=point.score) for point in response.points]

    def _prepare(self, server: QdrantServer, dimension: int) -> None:
        """Make the collection and its payload indexes where they are missing, and check that it fits."""
        from qdrant_client.models import PayloadSchemaType

        self._connection.call(lambda client: _ensure_collection(client, server, self._collection, dimension))
        info = self._connection.call(lambda client: client.get_collection(self._collection))
        held = info.config.params.vectors
        vectors = held.get(DENSE) if isinstance(held, dict) else None
        if vectors is None or SPARSE not in (info.config.params.sparse_vectors or {}):
            raise IndexStateError(f"collection {self._collection!r} was not made by hybrid; name another collection")
        if vectors.size != dimension:
            raise IndexStateError(
                f"collection {self._collection!r} holds embeddings of dimension {vectors.size}, not {dimension}; "
                "use the embedding model it was built with, or name another collection"
            )
        for field in (VERSION, SCOPE):
            if field not in info.payload_schema:
                self._connection.call(
                    lambda client, field=field: client.create_payload_index(
                        self._collection, field, PayloadSchemaType.INTEGER, wait=True
                    )
                )


class QdrantEngine:
    """Keeps each generation of an index in a collection of its own, named ``COLLECTION-GENERATION``.

    Args:
        server: Where the server is, and how new collections are laid out.
        collection: First part of the collections' names; one index folder uses it, and no other.

    Example:
        >>> engine = QdrantEngine(QdrantServer(url="https://qdrant.example:6333"), collection="handbook")
    """

    def __init__(self, server: QdrantServer, *, collection: str) -> None:
        self._server = server
        self._name = collection

    def open(self, generation: Generation, dimension: int) -> QdrantIndex:
        """Return the index of a generation; its collection is made when absent."""
        return QdrantIndex(self._server, collection=self._collection(generation), dimension=dimension)

    def discard(self, generation: Generation) -> None:
        """Delete a generation's collection, if there is one."""
        connection = Connection(self._server)
        try:
            connection.call(lambda client: client.delete_collection(self._collection(generation)))
        finally:
            connection.close()

    def _collection(self, generation: Generation) -> str:
        return f"{self._name}-{generation.path.name}"


def _ensure_collection(client: QdrantClient, server: QdrantServer, name: str, dimension: int) -> None:
    from qdrant_client.models import Distance, SparseVectorParams, VectorParams

    # Asked each time anew, so that a repeated call does not trip over a creation whose answer was lost.
    if not client.collection_exists(name):
        client.create_collection(
            name,
            vectors_config={DENSE: VectorParams(size=dimension, distance=Distance.DOT)},
            sparse_vectors_config={SPARSE: SparseVectorParams()},
            shard_number=server.shard_number,
            replication_factor=server.replication_factor,
            write_consistency_factor=server.write_consistency_factor,
        )


def _server_point(point: Point) -> PointStruct:
    from qdrant_client.models import PointStruct

    vectors: Any = {DENSE: [*point.dense], SPARSE: _server_sparse(point.sparse)}
    return PointStruct(id=point.id, vector=vectors, payload=stored(point.payload))


def _server_sparse(vector: SparseVector) -> ServerSparseVector:
    from qdrant_client.models import SparseVector as ServerSparseVector

    return ServerSparseVector(indices=[*vector.indices], values=[*vector.values])
