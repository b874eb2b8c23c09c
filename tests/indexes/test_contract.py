import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from hybrid.errors import IndexStateError
from hybrid.protocols import Index
from hybrid.testing.indexes import DIMENSION, IndexContract
from hybrid_indexes._server_connection import Connection
from hybrid_indexes.edge import EdgeIndex
from hybrid_indexes.server import QdrantIndex, QdrantServer

SERVER_URL = os.environ.get("QDRANT_URL")


class TestEdgeIndex(IndexContract):
    @pytest.fixture
    def index(self, folder: Path) -> Iterator[Index]:
        index = EdgeIndex(folder, dimension=DIMENSION)
        yield index
        index.close()

    def test_another_dimension_is_refused(self, index: Index, folder: Path) -> None:
        index.close()
        with pytest.raises(IndexStateError, match="dimension 8, the index holds 4"):
            EdgeIndex(folder, dimension=8)


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect", "ignore:Local mode performs exact")
class TestQdrantIndexInMemory(IndexContract):
    @pytest.fixture
    def index(self) -> Iterator[Index]:
        client = QdrantClient(":memory:")
        server = QdrantServer(url="http://localhost", client=client)
        yield QdrantIndex(server, collection="contract", dimension=DIMENSION)
        client.close()


@pytest.mark.skipif(SERVER_URL is None, reason="QDRANT_URL names no server")
class TestQdrantServer(IndexContract):
    @pytest.fixture(params=[False, True], ids=["rest", "grpc"])
    def index(self, request: pytest.FixtureRequest) -> Iterator[Index]:
        server = QdrantServer(url=SERVER_URL or "", prefer_grpc=request.param)
        collection = f"contract-{uuid.uuid4().hex}"
        index = QdrantIndex(server, collection=collection, dimension=DIMENSION)
        yield index
        index.close()
        connection = Connection(server)
        connection.call(lambda client: client.delete_collection(collection))
        connection.close()
