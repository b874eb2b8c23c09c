"""Kill -9 of a server that answers and syncs: the next one serves, and nothing that was said or written is lost."""

import random
import signal
import threading
import time

import httpx2
import pytest
from serving import Process, run_server, wait_until

from hybrid.channel.served import served_knowledge
from hybrid.config import load_settings
from hybrid.server.audit import Wanted, shown_lines
from hybrid.server.records import Records
from hybrid.types import ANONYMOUS

CHAT = "/v1/chat/completions"
PAGES = 40
SETTINGS = """
[server]
admins = ["user:ana"]
sync_every = 0
[server.load]
per_minute = 1000000
[server.people]
ana = []
[[sources]]
type = "folder"
name = "docs"
path = "docs"
default_readers = ["public"]
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "hybrid.toml").write_text(SETTINGS)
    write(tmp_path, 0)
    return tmp_path


def write(project, edition):
    for page in range(PAGES):
        text = f"# Page {page}\n\nThe fee of page {page} is {edition} euros.\n\n" + f"Part {page} of {edition}. " * 40
        (project / "docs" / f"{page}.md").write_text(text)


def texts(knowledge):
    return {name: knowledge.document(name, principal=ANONYMOUS).text for name in knowledge.document_ids()}


class Asking:
    """Clients that ask and rate until their server is gone, and remember what it said to them."""

    def __init__(self, server: Process) -> None:
        self.url = server.url
        self.answered: list[str] = []
        self.rated: list[str] = []
        self.threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(4)]
        for thread in self.threads:
            thread.start()

    def _ask(self, number: int) -> None:
        with httpx2.Client(base_url=self.url, timeout=60, headers={"Authorization": "Bearer ana"}) as client:
            try:
                while True:
                    number = (number + 7) % PAGES
                    question = {"role": "user", "content": f"What is the fee of page {number}?"}
                    answer = client.post(CHAT, json={"messages": [question]})
                    if answer.status_code != 200:
                        continue
                    trace = answer.json()["trace_id"]
                    self.answered.append(trace)
                    if client.post("/api/feedback", json={"trace_id": trace, "rating": "up"}).status_code < 300:
                        self.rated.append(trace)
            except httpx2.HTTPError:
                return


def synced(server):
    """Let a server sync to the end."""
    with httpx2.Client(base_url=server.url, timeout=60, headers={"Authorization": "Bearer ana"}) as client:
        wait_until(lambda: client.post("/api/sync").status_code == 202)
        wait_until(lambda: client.get("/api/sync").json()["state"] != "running")
        state = client.get("/api/sync").json()
        assert (state["state"], state["failures"]) == ("done", [])


def kills(project, number):
    settings = load_settings(project / "hybrid.toml")
    drawn = random.Random(9)
    server = run_server(project, "--dev")
    synced(server)
    for edition in range(1, number + 1):
        asking = Asking(server)
        while len(asking.rated) < 4:
            time.sleep(0.02)
        write(project, edition)
        httpx2.post(f"{server.url}/api/sync", headers={"Authorization": "Bearer ana"}, timeout=60)
        time.sleep(drawn.uniform(0.0, 0.6))
        assert server.end(signal.SIGKILL) == -signal.SIGKILL
        for thread in asking.threads:
            thread.join()
        server = run_server(project, "--dev")
        # It serves at once, each document as it was before or as it is now, before anything is synced again.
        assert httpx2.get(f"{server.url}/readyz", timeout=60).status_code == 200
        knowledge = served_knowledge(settings)
        editions = {f"is {each} euros" for each in (edition - 1, edition)}
        assert len(texts(knowledge)) == PAGES
        assert all(any(each in text for each in editions) for text in texts(knowledge).values())
        shown = {line["trace_id"] for line in shown_lines(settings.server.data, Wanted())}
        assert set(asking.answered) <= shown
        assert set(asking.rated) <= rated(settings.server.data)
        synced(server)
        health = knowledge.health()
        assert (health.missing, health.surplus, health.documents) == (0, 0, {"docs": PAGES})
        assert all(f"is {edition} euros" in text for text in texts(knowledge).values())
    assert server.end() == 0


def rated(folder):
    records = Records(folder)
    found = {row[0] for row in records._connection.execute("SELECT trace_id FROM feedback")}
    records.close()
    return found


def test_killed_under_load_and_during_a_sync_nothing_is_lost(project):
    kills(project, 2)


@pytest.mark.nightly
def test_killed_again_and_again_nothing_is_lost(project):
    kills(project, 40)
