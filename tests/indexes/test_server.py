import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from index_oracle import EVERYBODY, PRINCIPALS, assert_holds, open_base
from qdrant_client import QdrantClient

from hybrid.errors import ConfigError, IndexStateError, StorageError
from hybrid.testing.indexes import DIMENSION, point
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid.types import Access
from hybrid_indexes import _server_connection
from hybrid_indexes._server_connection import Connection
from hybrid_indexes._workspace import Generation
from hybrid_indexes.server import QdrantEngine, QdrantIndex, QdrantServer

ROOT = Path(__file__).parents[2]
KEY = "a-secret-key"
OK = json.dumps({"result": {"exists": True}, "status": "ok", "time": 0.0})

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect", "ignore:Local mode performs exact")


@pytest.fixture(autouse=True)
def no_key_and_no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QDRANT_API_KEY", raising=False)
    monkeypatch.setattr(_server_connection, "_PAUSES", (0.0, 0.0, 0.0))


@dataclass
class Scripted:
    """A real HTTP server that gives prepared answers, the last one for ever."""

    answers: list[tuple[int, str]]
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(length)) if length else None
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append((handler.command, handler.path, headers, body))
        status, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        handler.send_response(status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text.encode())


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    servers: list[ThreadingHTTPServer] = []

    def start(*answers: tuple[int, str], **headers: str) -> Scripted:
        script = Scripted(list(answers), headers={name.replace("_", "-"): value for name, value in headers.items()})

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script.answer(self)

            do_PUT = do_POST = do_DELETE = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        servers.append(server)
        script.url = f"http://127.0.0.1:{server.server_port}"
        return script

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(script: Scripted) -> bool:
    connection = Connection(QdrantServer(url=script.url))
    try:
        return connection.call(lambda client: client.collection_exists("docs"))
    finally:
        connection.close()


def error(text: str) -> str:
    return json.dumps({"status": {"error": text}, "time": 0.0})


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_sat_out(scripted: Callable[..., Scripted], status: int) -> None:
    script = scripted((status, error("busy")), (status, "<html>"), (200, OK))
    assert ask(script)
    assert len(script.requests) == 3


def test_a_server_that_says_when_to_come_back_is_asked_again(scripted: Callable[..., Scripted]) -> None:
    script = scripted((429, error("too many")), (200, OK), Retry_After="1")
    assert ask(script)


@pytest.mark.parametrize(
    ("status", "answer", "kind", "message", "requests"),
    [
        (503, error("no leader"), IndexStateError, r"keeps failing \(503 no leader\)", 4),
        (401, error("no key"), IndexStateError, "refused the API key; set QDRANT_API_KEY", 1),
        (403, "<html>secret</html>", IndexStateError, "refused the API key", 1),
        (400, error("Wrong input:\n expected dim: 4"), IndexStateError, "refused: 400 Wrong input: expected dim: 4", 1),
        (404, "<html>secret</html>", IndexStateError, "refused: 404 Not Found", 1),
        (500, error("No space left on device"), StorageError, "no disk space left", 1),
        (200, "<html>secret</html>", IndexStateError, "check the url", 1),
        (200, json.dumps({"result": {"exists": "perhaps"}}), IndexStateError, "check the url", 1),
    ],
)
def test_a_lasting_fault_is_named(
    scripted: Callable[..., Scripted], status: int, answer: str, kind: type[Exception], message: str, requests: int
) -> None:
    script = scripted((status, answer))
    with pytest.raises(kind, match=message) as caught:
        ask(script)
    assert type(caught.value) is kind
    assert len(script.requests) == requests
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert script.url in str(caught.value)


@pytest.mark.parametrize("grpc", [False, True], ids=["rest", "grpc"])
def test_a_server_that_is_not_there_is_named(grpc: bool) -> None:
    server = QdrantServer(url="http://127.0.0.1:1", prefer_grpc=grpc)
    with pytest.raises(IndexStateError, match=r"http://127.0.0.1:1 cannot be reached \(.*\); start it or check"):
        QdrantIndex(server, collection="docs", dimension=4)


def test_a_long_message_is_cut(scripted: Callable[..., Scripted]) -> None:
    with pytest.raises(IndexStateError) as caught:
        ask(scripted((400, error("word " * 10_000))))
    assert len(str(caught.value)) < 400


def test_the_key_travels_in_the_header_and_shows_nowhere(
    scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", KEY)
    script = scripted((401, error("wrong key")))
    with pytest.raises(IndexStateError) as caught:
        ask(script)
    assert script.requests[0][2]["api-key"] == KEY
    assert KEY not in str(caught.value)
    assert KEY not in repr(QdrantServer(url=script.url))


def test_no_key_is_sent_when_none_is_set(scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QDRANT_API_KEY", "")
    script = scripted((200, OK))
    ask(script)
    assert "api-key" not in script.requests[0][2]


def test_the_key_never_goes_over_plain_http_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    early = QdrantServer(url="http://qdrant.example:6333")
    monkeypatch.setenv("QDRANT_API_KEY", KEY)
    for make in (lambda: QdrantServer(url="http://qdrant.example:6333"), lambda: Connection(early)):
        with pytest.raises(ConfigError, match="in the clear; use https") as caught:
            make()
        assert KEY not in str(caught.value)
    for url in ("https://qdrant.example", "http://localhost:6333", "http://127.0.0.2", "http://[::1]:6333"):
        assert QdrantServer(url=url).api_key() == KEY
    monkeypatch.setenv("OTHER_KEY", KEY)
    monkeypatch.delenv("QDRANT_API_KEY")
    with pytest.raises(ConfigError):
        QdrantServer(url="http://10.0.0.1", api_key_env="OTHER_KEY")
    assert QdrantServer(url="http://10.0.0.1").api_key() is None


@pytest.mark.parametrize("url", ["", "localhost:6333", "ftp://host", "https://", "http://:6333", "qdrant"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="must look like https://HOST:6333"):
        QdrantServer(url=url)


def test_a_password_in_the_url_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigError, match="put the API key into QDRANT_API_KEY") as caught:
        QdrantServer(url="https://user:hunter2@qdrant.example")
    assert "hunter2" not in str(caught.value)


def collection_info(dimension: int) -> str:
    config = {
        "params": {"vectors": {"dense": {"size": dimension, "distance": "Dot"}}, "sparse_vectors": {"bm25": {}}},
        "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000},
        "optimizer_config": {
            "deleted_threshold": 0.2,
            "vacuum_min_vector_number": 1000,
            "default_segment_number": 0,
            "flush_interval_sec": 5,
        },
    }
    info = {"status": "green", "optimizer_status": "ok", "segments_count": 1, "config": config, "payload_schema": {}}
    return json.dumps({"result": info, "status": "ok", "time": 0.0})


def test_a_new_collection_gets_its_layout_and_its_payload_indexes(scripted: Callable[..., Scripted]) -> None:
    absent = json.dumps({"result": {"exists": False}, "status": "ok", "time": 0.0})
    made = json.dumps({"result": True, "status": "ok", "time": 0.0})
    done = json.dumps({"result": {"operation_id": 1, "status": "completed"}, "status": "ok", "time": 0.0})
    script = scripted((200, absent), (200, made), (200, collection_info(DIMENSION)), (200, done))
    server = QdrantServer(url=script.url, shard_number=6, replication_factor=3, write_consistency_factor=2)
    QdrantIndex(server, collection="docs", dimension=DIMENSION).close()
    (_, _, _, _), (method, path, _, body), _, *indexes = script.requests
    assert (method, path) == ("PUT", "/collections/docs")
    assert body["vectors"]["dense"] == {"size": DIMENSION, "distance": "Dot"}
    assert list(body["sparse_vectors"]) == ["bm25"]
    assert (body["shard_number"], body["replication_factor"], body["write_consistency_factor"]) == (6, 3, 2)
    assert [(body["field_name"], body["field_schema"]) for _, _, _, body in indexes] == [
        ("version", "integer"),
        ("scope", "integer"),
    ]
    assert all("wait=true" in path for _, path, _, _ in indexes)


@pytest.fixture
def client() -> Iterator[QdrantClient]:
    client = QdrantClient(":memory:")
    yield client
    client.close()


@pytest.fixture
def server(client: QdrantClient) -> QdrantServer:
    return QdrantServer(url="http://localhost:6333", client=client)


def test_a_collection_of_another_dimension_is_named(server: QdrantServer) -> None:
    QdrantIndex(server, collection="docs", dimension=4)
    with pytest.raises(IndexStateError, match="'docs' holds embeddings of dimension 4, not 8"):
        QdrantIndex(server, collection="docs", dimension=8)


def test_a_collection_that_something_else_made_is_named(server: QdrantServer, client: QdrantClient) -> None:
    from qdrant_client.models import Distance, VectorParams

    client.create_collection("theirs", vectors_config=VectorParams(size=4, distance=Distance.COSINE))
    with pytest.raises(IndexStateError, match="'theirs' was not made by hybrid"):
        QdrantIndex(server, collection="theirs", dimension=4)


def test_an_index_opened_again_holds_what_was_written(server: QdrantServer) -> None:
    index = QdrantIndex(server, collection="docs", dimension=DIMENSION)
    index.upsert([point(1), point(2)])
    index.close()
    assert QdrantIndex(server, collection="docs", dimension=DIMENSION).versions() == {1: 1, 2: 1}


def test_the_server_optimises_by_itself(server: QdrantServer) -> None:
    assert not QdrantIndex(server, collection="docs", dimension=DIMENSION).optimize()


def source_of(count: int) -> MemoryConnector:
    accesses = (Access(readers=("public",)), Access(readers=("group:staff",)), Access())
    return MemoryConnector(
        documents={
            f"{n:03}.md": memory_document(f"{n:03}.md", f"word {n}\n\npart {n}", access=accesses[n % 3])
            for n in range(count)
        }
    )


def collections(client: QdrantClient) -> set[str]:
    return {found.name for found in client.get_collections().collections}


def test_a_knowledge_base_on_a_server_keeps_what_one_in_a_folder_keeps(
    folder: Path, server: QdrantServer, client: QdrantClient
) -> None:
    source = source_of(30)
    base = open_base(folder, engine=QdrantEngine(server, collection="docs"))
    base.sync([source])
    assert_holds(base, source.documents.values(), principals=PRINCIPALS)
    source.documents["000.md"] = memory_document("000.md", "changed word", access=Access(readers=("group:legal",)))
    del source.documents["001.md"]
    source.documents["002.md"] = memory_document("002.md", "word 2\n\npart 2")
    base.sync([source])
    assert_holds(base, source.documents.values(), principals=PRINCIPALS)
    base.close()
    base = open_base(folder, engine=QdrantEngine(server, collection="docs"))
    assert_holds(base, source.documents.values(), principals=PRINCIPALS)
    assert collections(client) == {"docs-generation-1"}
    base.close()


def test_a_rebuild_fills_a_second_collection_and_deletes_the_first(
    folder: Path, server: QdrantServer, client: QdrantClient
) -> None:
    source, engine = source_of(20), QdrantEngine(server, collection="docs")
    base = open_base(folder, engine=engine)
    base.sync([source])
    base.close()
    base = open_base(folder, engine=engine, embedder=HashingEmbedder(dimension=24, fingerprint="longer"))
    assert base.sync([source]).rebuilt
    assert_holds(base, source.documents.values())
    assert collections(client) == {"docs-generation-2"}
    base.close()


def test_a_collection_that_a_killed_process_left_goes_at_the_next_start(
    folder: Path, server: QdrantServer, client: QdrantClient
) -> None:
    class Killed(QdrantEngine):
        def discard(self, generation: Generation) -> None:
            if generation.path.name == "generation-1" and (folder / "current").exists():
                raise KeyboardInterrupt
            super().discard(generation)

    source, engine = source_of(5), QdrantEngine(server, collection="docs")
    base = open_base(folder, engine=engine)
    base.sync([source])
    base.close()
    other = ParagraphChunker(fingerprint="other")
    base = open_base(folder, engine=Killed(server, collection="docs"), chunker=other)
    with pytest.raises(KeyboardInterrupt):
        base.sync([source])
    base.close()
    assert collections(client) == {"docs-generation-1", "docs-generation-2"}
    base = open_base(folder, engine=engine, chunker=other)
    assert collections(client) == {"docs-generation-2"}
    assert_holds(base, source.documents.values())
    base.close()


def test_a_collection_that_outlived_its_folder_is_emptied_first(folder: Path, server: QdrantServer) -> None:
    source, engine = source_of(5), QdrantEngine(server, collection="docs")
    for name in ("first", "second"):
        base = open_base(folder / name, engine=engine)
        base.sync([source])
        assert_holds(base, source.documents.values(), principals=[EVERYBODY])
        base.close()


def test_the_compose_file_makes_a_guarded_cluster_of_three() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    # A service with a profile comes only where that is asked for.
    services = {name: service for name, service in compose["services"].items() if "profiles" not in service}
    assert len(services) == 3
    for name, service in services.items():
        environment = service["environment"]
        assert environment["QDRANT__CLUSTER__ENABLED"] == "true"
        assert environment["QDRANT__TELEMETRY_DISABLED"] == "true"
        assert environment["QDRANT__SERVICE__API_KEY"].startswith("${QDRANT_API_KEY:?")
        assert f"--uri http://{name}:6335" in service["command"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert service["volumes"] == [f"{name}:/qdrant/storage"]
        assert name in compose["volumes"]
    assert sum("--bootstrap http://qdrant-1:6335" in service["command"] for service in services.values()) == 2
