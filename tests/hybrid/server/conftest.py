"""Applications around a few documents, and servers in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

# Test modules are imported by path; what they share lies beside them.
sys.path.insert(0, str(Path(__file__).parent))

from provider import AUDIENCE
from serving import Process, run_server, wait_for

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


@dataclass(kw_only=True)
class Provider:
    """The provider, and its levers."""

    url: str
    client: httpx2.Client

    def token(self, **claims: Any) -> str:
        return self.client.post(f"{self.url}/test/sign", json={"aud": AUDIENCE, **claims}).json()["token"]

    def set(self, **values: Any) -> Any:
        return self.client.post(f"{self.url}/test/set", json=values).json()

    def rotate(self, *, withdraw: bool = True) -> None:
        self.client.post(f"{self.url}/test/rotate", params={"withdraw": withdraw})

    @property
    def fetches(self) -> int:
        return self.set()["fetches"]


@pytest.fixture(scope="session")
def running_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("provider") / "log"
    with log.open("w") as written:
        process = subprocess.Popen([sys.executable, Path(__file__).with_name("provider.py")], stderr=written, text=True)
    yield wait_for(process, log, r"(http\S+)")
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[httpx2.Client]:
    """Talks to the provider over one connection."""
    with httpx2.Client() as client:
        yield client


@pytest.fixture
def provider(running_provider: str, browser: httpx2.Client) -> Provider:
    provider = Provider(url=running_provider, client=browser)
    provider.set(down=False, claims={})
    return provider
