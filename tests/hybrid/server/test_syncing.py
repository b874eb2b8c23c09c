"""The sync inside the server: one at a time, reported, ended between two batches."""

import threading
import time

import pytest

from hybrid.pipeline import Pipeline
from hybrid.server.syncing import Syncing
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, ParagraphChunker, memory_document
from hybrid_indexes.knowledge import KnowledgeBase


class Gated(MemoryConnector):
    """A source whose second document is read only when it is let."""

    def __init__(self):
        super().__init__(documents={f"{n}.md": memory_document(f"{n}.md", f"Refunds take {n} days.") for n in range(9)})
        self.reached, self.go_on = threading.Event(), threading.Event()

    def read(self, entry):
        if entry.path == "1.md":
            self.reached.set()
            self.go_on.wait(60)
        return super().read(entry)


@pytest.fixture
def source():
    return Gated()


@pytest.fixture
def pipeline(source, tmp_path):
    knowledge = KnowledgeBase(tmp_path / "index", embedder=HashingEmbedder(), chunker=ParagraphChunker())
    with Pipeline(knowledge=knowledge, connectors=[source]) as pipeline:
        yield pipeline


def settled(read):
    """Return the first state that is not ``running``."""
    for _ in range(6_000):
        if (found := read())["state"] != "running":
            return found
        time.sleep(0.01)
    raise AssertionError("the sync does not end")


def test_an_administrator_syncs_while_questions_are_answered(make, pipeline, source):
    server = make(pipeline=pipeline, sync_every=0)
    assert server.get("/api/sync", who="ana").json()["state"] == "never"
    assert server.get("/readyz").status_code == 503
    assert server.post("/api/sync", who="ana").json()["state"] == "running"
    source.reached.wait(60)
    assert server.post("/api/sync", who="ana").status_code == 409
    assert server.ask("When are refunds paid?").status_code in (200, 503)
    source.go_on.set()
    done = settled(lambda: server.get("/api/sync", who="ana").json())
    assert (done["state"], done["counts"]["added"], done["failures"]) == ("done", 9, [])
    assert server.get("/readyz").status_code == 200
    source.broken = {"3.md"}
    source.documents["3.md"] = memory_document("3.md", "Refunds take longer.")
    server.post("/api/sync", who="ana")
    done = settled(lambda: server.get("/api/sync", who="ana").json())
    assert [failure["document"] for failure in done["failures"]] == ["memory:3.md"]


def test_the_server_syncs_by_itself(make, pipeline, source):
    source.go_on.set()
    server = make(pipeline=pipeline, sync_every=3_600)
    settled(lambda: server.get("/api/sync", who="ana").json())
    assert server.get("/readyz").status_code == 200


def test_a_sync_ends_between_two_batches(pipeline, source):
    syncing = Syncing(pipeline, every=0)
    assert syncing.start()
    source.reached.wait(60)
    assert not syncing.stop(0.01)
    source.go_on.set()
    assert syncing.stop(60)
    assert not syncing.start()
    assert syncing.state.state != "done"


def test_a_failure_of_somebodys_connector_is_told_by_its_kind(pipeline, source):
    def breaks(cursor=None):
        raise RuntimeError("Pelikan-4711")

    source.go_on.set()
    source.list = breaks
    syncing = Syncing(pipeline, every=0)
    syncing.start()
    assert syncing.stop(60)
    assert (syncing.state.state, syncing.state.error) == ("failed", "RuntimeError")
