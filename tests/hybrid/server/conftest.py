"""Applications around a few documents, and servers in processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from serving import Process, run_server

from hybrid.pipeline import Pipeline
from hybrid.server.app import create_app
from hybrid.server.settings import ServerSettings
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document

PEOPLE = {"ana": ("support",), "greta": ("legal",), "chloe": ("customers",)}
DOCUMENTS = [
    public_document(
        "refunds.md", "# Refunds\n\nRefunds are paid within 5 working days.\n\nLate refunds come by cheque."
    ),
    public_document("goodwill.md", "A shift lead may approve 200 euros of goodwill.", readers=["group:support"]),
    public_document("acme.md", "The contract with Acme ends in May 2027.", readers=["group:legal"]),
]


@dataclass(kw_only=True)
class Clock:
    """A clock that stands until it is moved."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(kw_only=True)
class Server:
    """An application and a client of it."""

    client: TestClient
    pipeline: Pipeline

    def ask(self, question: str, *, who: str | None = None, **fields: Any) -> Any:
        body = {"messages": [{"role": "user", "content": question}], **fields}
        return self.client.post("/v1/chat/completions", json=body, headers=bearer(who))

    def get(self, path: str, *, who: str | None = None, **query: Any) -> Any:
        return self.client.get(path, params=query, headers=bearer(who))

    def post(self, path: str, body: Any = None, *, who: str | None = None) -> Any:
        return self.client.post(path, json=body, headers=bearer(who))


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@dataclass(kw_only=True)
class Making:
    """Makes servers of one test and stops them at its end."""

    folder: Path
    clock: Clock
    clients: list[TestClient] = field(default_factory=list)

    def __call__(
        self,
        *,
        dev: bool = True,
        watch: bool = False,
        address: str = "127.0.0.1",
        pipeline: Pipeline | None = None,
        **settings: Any,
    ) -> Server:
        settings = {"people": PEOPLE, "admins": ["user:ana"]} | settings
        made = ServerSettings.model_validate(settings).resolved(self.folder)
        pipeline = pipeline or Pipeline(knowledge=WordOverlapKnowledge(DOCUMENTS))
        app = create_app(pipeline, settings=made, dev=dev, watch=watch, clock=self.clock)
        client = TestClient(app, base_url="http://localhost", client=(address, 50_000), follow_redirects=False)
        client.__enter__()
        self.clients.append(client)
        return Server(client=client, pipeline=pipeline)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[Making]:
    """Make a server with given ``[server]`` settings; in development mode unless said otherwise."""
    making = Making(folder=tmp_path, clock=clock)
    yield making
    for client in making.clients:
        client.__exit__(None, None, None)


@pytest.fixture
def server(make: Making) -> Server:
    return make()


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synced copy of the sample, which several servers in turn may use."""
    from serving import sample_copy

    return sample_copy(tmp_path_factory.mktemp("sample") / "bot")


@pytest.fixture
def process() -> Iterator[Callable[..., Process]]:
    """Start ``hybrid serve`` in a process of its own, ended at the end of the test."""
    running: list[Process] = []

    def start(folder: Path, *options: str, **environment: str) -> Process:
        running.append(run_server(folder, *options, **environment))
        return running[-1]

    yield start
    for each in running:
        each.end()
