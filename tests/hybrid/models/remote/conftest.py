"""A real service in another process, and models that ask it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from hybrid.answering.request import Limits, ReplyEnd, ReplyRequest, Restart
from hybrid.contract import Contract, SupportReply
from hybrid.evidence import number_evidence
from hybrid.models.remote import RemoteModel

KEY = "sk-proj-5ecret0123456789abcdef"


class Service:
    """What runs, and what it saw."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}/v1"
        self._seen = f"http://127.0.0.1:{port}/seen"

    @property
    def broken_off(self) -> int:
        return self._look()["broken_off"]

    def requests(self, name: str) -> list[dict]:
        """What a model was asked; ``name`` is as in ``named``."""
        return [request for request in self._look()["requests"] if request["model"] == name.partition("/")[2]]

    def _look(self) -> dict:
        with urlopen(self._seen, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def service():
    program = Path(__file__).with_name("service.py")
    with subprocess.Popen(
        [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin
        assert running.stdout
        yield Service(int(running.stdout.readline()))
        running.stdin.close()
        assert running.wait(timeout=10) == 0


@pytest.fixture(autouse=True)
def _environment(service, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_BASE", service.address)


@pytest.fixture
def named() -> Callable[[str], str]:
    """Give a behaviour a model's name of its own."""
    return lambda behaviour: f"openai/{behaviour}.{uuid.uuid4().hex[:8]}"


@pytest.fixture
def remote():
    """Make models that are closed at the end, and leave no thread."""
    made: list[RemoteModel] = []

    def make(*names: str) -> RemoteModel:
        made.append(RemoteModel(names[0], fallbacks=names[1:]))
        return made[-1]

    yield make
    for model in made:
        model.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("hybrid-remote")]


@pytest.fixture
def request_for(passage):
    """Make a request with two units of evidence."""

    def make(question: str = "When are refunds paid?", **limits: float | None) -> ReplyRequest:
        units = number_evidence([passage("Refunds are paid within 5 working days. Plans can be cancelled.")])
        return ReplyRequest(
            question=question,
            evidence=tuple(units),
            contract=Contract(SupportReply),
            limits=Limits(**limits),
        )

    return make


class Heard:
    """A reply as its reader has it at the end."""

    def __init__(self, pieces) -> None:
        self.text, self.restarts, self.pieces = "", 0, 0
        self.end: ReplyEnd | None = None
        for piece in pieces:
            if isinstance(piece, ReplyEnd):
                self.end = piece
            elif isinstance(piece, Restart):
                self.text, self.restarts = "", self.restarts + 1
            else:
                self.text, self.pieces = self.text + piece, self.pieces + 1


@pytest.fixture
def heard() -> type[Heard]:
    return Heard
