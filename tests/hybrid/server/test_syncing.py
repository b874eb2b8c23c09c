"""The sync inside the server: one at a time, reported, ended between two batches."""

import asyncio
import socket
import threading
import time

import pytest
from serving import wait_until

from hybrid.channel.calls import SyncCall, written_call
from hybrid.channel.place import address_of, socket_of, sources_of
from hybrid.channel.served import served_knowledge
from hybrid.config import Settings
from hybrid.errors import StoppedError
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


def test_a_change_is_followed_by_a_sync_and_what_the_server_writes_is_not(make, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "refunds.md").write_text("# Refunds\n\nRefunds are paid within 5 days.\n")
    # The records and the index lie in the folder that is watched, as they do for a source at ".".
    source = {"type": "folder", "path": str(tmp_path), "include": ["docs/**"], "default_readers": ["public"]}
    pipeline = Pipeline.from_settings(Settings.model_validate({"index": {"path": tmp_path / "i"}, "sources": [source]}))
    with pipeline:
        server = make(pipeline=pipeline, watch=True, sync_every=0)
        wait_until(lambda: server.get("/readyz").status_code == 200)
        (docs / "new.md").write_text("# Giraffes\n\nGiraffes sleep standing.\n")
        wait_until(lambda: "docs/new.md" in str(server.post("/api/search", {"question": "giraffes"}).json()))
        counts = settled(lambda: server.get("/api/sync", who="ana").json())["counts"]
        assert (counts["added"], counts["unchanged"]) == (1, 1)
        server.client.__exit__(None, None, None)


def test_a_change_during_a_sync_is_followed_by_another(pipeline, source):
    told = iter([False, True, False])

    async def changes():
        for changed in told:
            if changed:
                await asyncio.to_thread(source.reached.wait, 60)
                source.documents["late.md"] = memory_document("late.md", "Refunds come late.")
            yield changed
        source.go_on.set()
        while "memory:late.md" not in pipeline.knowledge.document_ids():
            yield False
            await asyncio.sleep(0.01)

    asyncio.run(Syncing(pipeline, every=0, changes=changes).keep_up())
    assert len(pipeline.knowledge.document_ids()) == 10


def test_where_the_system_watches_nothing_the_schedule_goes_on(pipeline, source, caplog):
    source.go_on.set()

    async def changes():
        raise OSError("inotify watch limit reached")
        yield

    async def follow():
        following = asyncio.create_task(syncing.keep_up())
        while syncing.state.state != "done":
            await asyncio.sleep(0.01)
        following.cancel()

    syncing = Syncing(pipeline, every=0, changes=changes)
    asyncio.run(follow())
    assert "watching failed" in caplog.text


def test_a_command_that_leaves_during_a_sync_ends_it(make, pipeline, source, tmp_path):
    pipeline.settings = Settings.model_validate({"index": {"path": tmp_path / "index"}})
    server = make(pipeline=pipeline, sync_every=0)
    knowledge = served_knowledge(pipeline.settings)
    with socket.socket(socket.AF_UNIX) as leaving, address_of(socket_of(tmp_path / "index")) as address:
        leaving.connect(address)
        call = SyncCall(sources=sources_of(pipeline.settings), accept_empty=(), dry_run=False)
        leaving.sendall(written_call(call))
        source.reached.wait(60)
    # Whoever asks after somebody has left is answered when that was noticed.
    assert knowledge.document_ids() == []
    source.go_on.set()
    state = settled(lambda: server.get("/api/sync", who="ana").json())
    assert (state["state"], state["error"]) == ("failed", "nobody waits for it any more")
    assert sum(knowledge.sync(()).counts.values()) == 9


def test_asked_for_during_a_sync_it_runs_after_it(pipeline, source):
    syncing = Syncing(pipeline, every=0)
    syncing.start()
    source.reached.wait(60)
    source.documents["late.md"] = memory_document("late.md", "Refunds come late.")
    source.go_on.set()
    seen = []
    report = syncing.run(progress=seen.append)
    assert (report.counts["added"], report.counts["unchanged"]) in ((1, 9), (0, 10))
    assert syncing.state.report == report
    syncing.stop(60)
    with pytest.raises(StoppedError, match="being stopped"):
        syncing.run(progress=seen.append)
