"""Readers beside writers: every answer shows each document whole, in one version, and none is missing."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from index_oracle import EVERYBODY, Shown, assert_holds, expected, in_threads, open_base, seen

from hybrid.access import AccessFilter
from hybrid.protocols import Hit, SparseVector
from hybrid.testing.indexes import point
from hybrid.testing.memory import MemoryConnector, memory_document
from hybrid.types import Access, Document
from hybrid_indexes import edge
from hybrid_indexes._workspace import Generation
from hybrid_indexes.edge import EdgeIndex
from hybrid_indexes.engine import EdgeEngine
from hybrid_indexes.knowledge import KnowledgeBase
from hybrid_indexes.sync import _run

pytestmark = pytest.mark.usefixtures("no_thread_left")

READERS = (Access(readers=("public",)), Access(readers=("group:staff",)), Access(readers=("user:operator",)))


def document(number: int, round_: int) -> Document:
    """Return a document of two to four chunks; every round changes its readers, and its text or sometimes its path.

    Never both: a document with another path and another text is another document, and for a moment both are there.
    """
    folder = "moved" if number % 2 == 0 and (number + round_) % 4 == 0 else "kept"
    text = "\n\n".join(f"word {number} part {part} of {round_ if number % 2 else 0}" for part in range(2 + number % 3))
    return memory_document(f"{folder}/{number:03}.md", text, access=READERS[(number + round_) % 3])


def corpus(count: int, round_: int) -> dict[str, Document]:
    return {each.path: each for each in (document(number, round_) for number in range(count))}


def by_number(chunks: Sequence[Shown]) -> dict[str, list[Shown]]:
    found: dict[str, list[Shown]] = {}
    for chunk in chunks:
        found.setdefault(chunk[0].rpartition("/")[2], []).append(chunk)
    return found


def assert_whole(answer: Sequence[Shown], before: dict[str, Document], after: dict[str, Document]) -> None:
    """Every document is there, as it was before or as it is after, under one of its paths."""
    old, new = (by_number(expected(documents.values(), EVERYBODY)) for documents in (before, after))
    found = by_number(answer)
    assert found.keys() == old.keys(), "a document is missing"
    for name, chunks in found.items():
        assert chunks in (old[name], new[name]), f"{name} is mixed or incomplete"


def test_answers_are_whole_while_everything_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_run, "_CHUNKS_PER_BATCH", 16)
    monkeypatch.setattr(edge, "_OPTIMIZE_AFTER", 100)
    rounds = [corpus(100, number) for number in range(8)]
    source = MemoryConnector(documents=rounds[0])
    base = open_base(folder)
    base.sync([source])
    stop = threading.Event()
    synced = 0
    answers: list[int] = []

    def search() -> None:
        while not stop.is_set():
            first = synced
            answer = seen(base, EVERYBODY)
            last = min(synced + 1, len(rounds) - 1)
            if last - first <= 1:  # else more than one sync went by, and two rounds do not describe the answer
                assert_whole(answer, rounds[first], rounds[last])
                answers.append(first)

    with in_threads(search, search):
        try:
            for number, documents in enumerate(rounds[1:], start=1):
                source.documents = documents
                base.sync([source])
                synced = number
        finally:
            stop.set()
    assert len(answers) > len(rounds)
    assert_holds(base, rounds[-1].values())
    base.close()


class Meddled(EdgeIndex):
    """Lets something happen after the engine has answered and before anybody has looked at the answer."""

    meddle: Callable[[], None] | None = None

    def search_dense(self, vector: Sequence[float], access: AccessFilter, *, limit: int, exact: bool) -> list[Hit]:
        return self._then(super().search_dense(vector, access, limit=limit, exact=exact), "dense")

    def search_sparse(self, weights: SparseVector, access: AccessFilter, *, limit: int) -> list[Hit]:
        return self._then(super().search_sparse(weights, access, limit=limit), "sparse")

    stage = "dense"

    def _then(self, hits: list[Hit], stage: str) -> list[Hit]:
        if self.meddle is not None and stage == self.stage:
            self.meddle()
        return hits


class MeddledEngine(EdgeEngine):
    index: Meddled

    def open(self, generation: Generation, dimension: int) -> EdgeIndex:
        self.index = Meddled(generation.engine, dimension=dimension)
        return self.index


@pytest.fixture
def engine() -> MeddledEngine:
    return MeddledEngine()


@pytest.fixture
def base(folder: Path, engine: MeddledEngine) -> Iterator[KnowledgeBase]:
    base = open_base(folder, engine=engine)
    yield base
    base.close()


@pytest.mark.parametrize("stage", ["dense", "sparse"])
@pytest.mark.parametrize("change", ["text", "readers", "path"])
def test_a_sync_in_the_middle_of_a_search_hides_nothing(
    base: KnowledgeBase, engine: MeddledEngine, stage: str, change: str
) -> None:
    before = {f"{n}.md": memory_document(f"{n}.md", f"word {n}") for n in range(5)}
    after = {
        "text": {path: memory_document(path, f"word changed {path}") for path in before},
        "readers": {path: replace(each, access=READERS[1]) for path, each in before.items()},
        "path": {f"new/{path}": replace(each, path=f"new/{path}") for path, each in before.items()},
    }[change]
    source = MemoryConnector(documents=before)
    base.sync([source])
    source.documents = after

    def sync_once() -> None:
        engine.index.meddle = None
        thread = threading.Thread(target=base.sync, args=([source],))
        thread.start()
        thread.join()

    engine.index.stage, engine.index.meddle = stage, sync_once
    assert seen(base, EVERYBODY) == expected(after.values(), EVERYBODY)


def test_a_search_comes_to_its_end_however_often_something_is_committed(
    base: KnowledgeBase, engine: MeddledEngine
) -> None:
    source = MemoryConnector(documents={f"{n}.md": memory_document(f"{n}.md", f"word {n}") for n in range(5)})
    base.sync([source])
    running: list[threading.Thread] = []

    def begin_a_sync() -> None:
        source.documents["0.md"] = memory_document("0.md", f"word changed {len(running)}")
        running.append(threading.Thread(target=base.sync, args=([source],)))
        running[-1].start()
        running[-1].join(timeout=1)  # it cannot end while a search holds it back

    engine.index.meddle = begin_a_sync
    answer = seen(base, EVERYBODY)
    engine.index.meddle = None
    assert {chunk[0] for chunk in answer} == {f"memory:{n}.md" for n in range(5)}
    assert len(answer) == 5
    assert len(running) > 1
    for thread in running:
        thread.join()
    base.sync([source])
    assert_holds(base, source.documents.values())


def test_readers_and_a_writer_go_on_while_a_shard_is_optimised(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_OPTIMIZE_AFTER", 50)
    index = EdgeIndex(folder, dimension=4)
    index.upsert([point(1, ordinal) for ordinal in range(200)])
    complete = {1 << 20 | ordinal for ordinal in range(200)}
    stop, answers = threading.Event(), [0]
    access = AccessFilter(scopes=(1,))

    def search() -> None:
        while not stop.is_set():
            hits = index.search_dense((1.0, 0.0, 0.0, 0.0), access, limit=300, exact=True)
            assert {hit.id for hit in hits} == complete
            assert len(index.search_sparse(SparseVector(indices=(7,), values=(1.0,)), access, limit=300)) == 200
            assert len(index.vectors([*complete])) == 200
            answers[0] += 1

    with in_threads(search, search):
        try:
            for version in (2, 3, 4):
                assert index.optimize()
                index.upsert([point(version, ordinal, scope=2) for ordinal in range(100)])
        finally:
            stop.set()
    assert answers[0] > 3
    assert index.versions() == {1: 200, 2: 100, 3: 100, 4: 100}
    index.close()
    index = EdgeIndex(folder, dimension=4)
    assert index.versions() == {1: 200, 2: 100, 3: 100, 4: 100}
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1
    index.close()


def test_an_index_is_optimised_when_enough_has_come(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_OPTIMIZE_AFTER", 50)
    index = EdgeIndex(folder, dimension=4)
    index.upsert([point(1, ordinal) for ordinal in range(49)])
    assert not index.optimize()
    index.upsert([point(2)])
    assert index.optimize()
    assert not index.optimize()
    index.close()


def test_a_sync_succeeds_when_its_index_cannot_be_optimised(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(edge, "_OPTIMIZE_AFTER", 5)
    monkeypatch.setattr(sys, "executable", "/bin/false")  # the process that optimises fails
    source = MemoryConnector(documents=corpus(10, 0))
    base = open_base(folder / "index")
    assert base.sync([source]).counts["added"] == 10
    assert "it goes on unoptimised" in caplog.text
    assert_holds(base, source.documents.values())
    base.close()
