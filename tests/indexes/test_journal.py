import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from index_oracle import scratch_folder

from hybrid.errors import IndexVersionError, StorageError
from hybrid.testing.memory import memory_document
from hybrid.types import Access, Chunk, Document
from hybrid_indexes.journal._rows import point_id
from hybrid_indexes.journal._writes import IndexedChunk
from hybrid_indexes.journal.journal import Journal

STAFF = Access(readers=("group:staff",))


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder / "journal.sqlite")
    yield journal
    journal.close()


def chunk(terms: tuple[int, ...] = (1,), text: str = "word") -> IndexedChunk:
    whole = Chunk(start=0, end=len(text), text=text, indexed_text=text)
    return IndexedChunk(chunk=whole, indexed_hash=text.encode(), terms=terms)


def put(journal: Journal, document: Document, chunks: Sequence[IndexedChunk] | None = None) -> int:
    with journal.write() as writer:
        version = writer.add_version(document, [chunk()] if chunks is None else chunks)
        writer.put_document(document, state="1", version=version)
    return version


def test_a_transaction_that_raises_changes_nothing(journal: Journal) -> None:
    put(journal, memory_document("a.md", "word"))

    def fail() -> None:
        with journal.write() as writer:
            writer.remove_document("memory:a.md")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert journal.reader.document_ids() == ["memory:a.md"]
    with journal.write() as writer:
        writer.remove_document("memory:a.md")
    assert journal.reader.document_ids() == []


def test_a_reader_sees_a_transaction_as_a_whole(journal: Journal) -> None:
    reader = journal.reader
    with journal.write() as writer:
        for path in ("a.md", "b.md"):
            document = memory_document(path, "word")
            writer.put_document(document, state="1", version=writer.add_version(document, (chunk(),)))
        assert reader.document_ids() == []
    assert reader.document_ids() == ["memory:a.md", "memory:b.md"]


def test_a_snapshot_stays_what_it_was(journal: Journal) -> None:
    reader = journal.reader
    with reader.snapshot():
        assert reader.document_ids() == []
        put(journal, memory_document("a.md", "word"))
        assert reader.document_ids() == []
    assert reader.document_ids() == ["memory:a.md"]


def test_the_revision_changes_with_every_commit_and_only_then(journal: Journal) -> None:
    reader = journal.reader
    first = reader.revision()
    assert reader.revision() == first
    put(journal, memory_document("a.md", "word"))
    second = reader.revision()
    assert second != first
    with reader.snapshot():
        assert reader.revision() == second
        put(journal, memory_document("b.md", "word"))
        assert reader.revision() == second
    assert reader.revision() != second


def test_nothing_is_committed_while_the_journal_is_paused(journal: Journal) -> None:
    writing = threading.Thread(target=put, args=(journal, memory_document("a.md", "word")))
    with journal.paused():
        writing.start()
        writing.join(timeout=0.2)
        assert journal.reader.document_ids() == []
    writing.join()
    assert journal.reader.document_ids() == ["memory:a.md"]


def test_numbers_of_versions_are_never_used_again(journal: Journal) -> None:
    document = memory_document("a.md", "word")
    first = put(journal, document)
    with journal.write() as writer:
        writer.remove_document(document.id)
        writer.forget_version(first)
    assert put(journal, document) > first


def test_a_version_that_is_not_live_yet_is_noted_for_repair(journal: Journal) -> None:
    document = memory_document("a.md", "word")
    with journal.write() as writer:
        first = writer.add_version(document, (chunk(),))
    assert list(journal.reader.pending()) == [(first, "write")]
    assert journal.reader.expected_points() == {}
    with journal.write() as writer:
        writer.put_document(document, state="1", version=first)
    assert list(journal.reader.pending()) == []
    second = put(journal, document)
    assert list(journal.reader.pending()) == [(first, "remove")]
    assert journal.reader.expected_points() == {second: 1}


def test_a_rename_alone_leaves_nothing_to_do_in_the_engine(journal: Journal) -> None:
    document = memory_document("a.md", "word")
    version = put(journal, document)
    moved = replace(document, path="z.md", uri="memory:z.md", title="z.md")
    with journal.write() as writer:
        writer.move_document(document.id, moved, state="2")
    assert list(journal.reader.pending()) == []
    with journal.write() as writer:
        writer.move_document(moved.id, replace(document, access=STAFF), state="3")
    assert list(journal.reader.pending()) == [(version, "payload")]


def test_returns_a_document_as_it_was_read(journal: Journal) -> None:
    document = replace(
        memory_document("a.md", "first\nsecond \U0001f600", access=Access(readers=("public",), denied=("user:ana",))),
        media_type="text/markdown",
        metadata={"lang": "en", "n": 1, "x": 1.0, "yes": True},
        tenant="t",
        valid_from=datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        first_line=7,
        page_starts=(0, 6),
        title_in_text=True,
    )
    put(journal, document)
    row = journal.reader.document(document.id)
    assert row is not None
    found = journal.reader.content(row)
    assert found == document
    assert found.content_hash == document.content_hash


def test_a_newer_format_is_refused(journal: Journal, folder: Path) -> None:
    journal.close()
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(IndexVersionError, match="format 99, this hybrid reads up to"):
        Journal(folder / "journal.sqlite")


def test_an_older_format_is_refused(folder: Path) -> None:
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(IndexVersionError, match="old format 1"):
        Journal(folder / "journal.sqlite")


def test_a_folder_that_is_not_there_is_a_storage_error(folder: Path) -> None:
    with pytest.raises(StorageError, match="unable to open"):
        Journal(folder / "absent" / "journal.sqlite")


@dataclass(frozen=True)
class Kept:
    """What the model knows of a live document."""

    document: Document
    version: int
    chunks: tuple[frozenset[int], ...]


ACCESSES = (Access(readers=("public",)), STAFF, Access())
TERMS = st.lists(st.frozensets(st.integers(0, 6), max_size=4), max_size=3).map(tuple)


class TermStatistics(RuleBasedStateMachine):
    """The statistics of BM25 equal a recount of all live chunks, whatever happened to them."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = scratch_folder()
        self.journal = Journal(Path(self.folder.name) / "journal.sqlite")
        self.live: dict[str, Kept] = {}
        self.number = 0

    def teardown(self) -> None:
        self.journal.close()
        self.folder.cleanup()

    def _put(self, document: Document, chunks: tuple[frozenset[int], ...]) -> None:
        indexed = [chunk(tuple(sorted(terms)), f"{self.number} {n}") for n, terms in enumerate(chunks)]
        version = put(self.journal, document, indexed)
        self.live[document.id] = Kept(document, version, chunks)

    @rule(target=ids, chunks=TERMS, access=st.sampled_from(ACCESSES), tenant=st.sampled_from(["", "t"]))
    def add(self, chunks: tuple[frozenset[int], ...], access: Access, tenant: str) -> str:
        self.number += 1
        document = memory_document(f"{self.number}.md", "word", access=access, tenant=tenant)
        self._put(document, chunks)
        return document.id

    @rule(id_=ids, chunks=TERMS)
    def change(self, id_: str, chunks: tuple[frozenset[int], ...]) -> None:
        if kept := self.live.get(id_):
            self._put(kept.document, chunks)

    @rule(id_=ids, access=st.sampled_from(ACCESSES), until=st.sampled_from([None, datetime(2030, 1, 1, tzinfo=UTC)]))
    def permit(self, id_: str, access: Access, until: datetime | None) -> None:
        if kept := self.live.get(id_):
            document = replace(kept.document, access=access, valid_until=until)
            with self.journal.write() as writer:
                writer.put_document(document, state="2", version=kept.version)
            self.live[id_] = replace(kept, document=document)

    @rule(target=ids, id_=consumes(ids), access=st.sampled_from(ACCESSES))
    def rename(self, id_: str, access: Access):
        kept = self.live.pop(id_, None)
        if kept is None:
            return multiple()
        self.number += 1
        document = replace(kept.document, path=f"{self.number}.md", access=access)
        with self.journal.write() as writer:
            writer.move_document(id_, document, state="3")
        self.live[document.id] = replace(kept, document=document)
        return document.id

    @rule(id_=consumes(ids))
    def remove(self, id_: str) -> None:
        self.live.pop(id_, None)
        with self.journal.write() as writer:
            writer.remove_document(id_)

    @rule()
    def settle(self) -> None:
        with self.journal.write() as writer:
            for version, action in self.journal.reader.pending():
                writer.settle(version) if action == "payload" else writer.forget_version(version)

    @invariant()
    def statistics_equal_a_recount(self) -> None:
        terms: Counter[tuple[int, Access, str, bool]] = Counter()
        chunks: Counter[tuple[Access, str, bool]] = Counter()
        for kept in self.live.values():
            scope = (kept.document.access, kept.document.tenant, kept.document.valid_until is not None)
            chunks[scope] += len(kept.chunks)
            terms.update((term, *scope) for each in kept.chunks for term in each)
        reader = self.journal.reader
        keys = {scope.id: (scope.access, scope.tenant, scope.valid_until < float("inf")) for scope in reader.scopes()}
        found = {
            (term, *keys[id_]): count
            for id_ in keys
            for term, count in reader.term_frequencies(range(7), (id_,)).items()
        }
        assert found == dict(terms)
        assert {key: count for id_, key in keys.items() if (count := reader.chunk_count((id_,)))} == +chunks
        everything = tuple(sorted(keys))
        together = Counter({term: 0 for term in range(7)})
        for (term, *_), count in terms.items():
            together[term] += count
        assert reader.term_frequencies(range(7), everything) == +together

    @invariant()
    def rows_equal_the_model(self) -> None:
        reader = self.journal.reader
        assert reader.document_ids() == sorted(self.live)
        assert reader.expected_points() == {kept.version: len(kept.chunks) for kept in self.live.values()}
        rows = reader.live(kept.version for kept in self.live.values())
        assert {row.id: reader.content(row) for row in rows.values()} == {
            id_: kept.document for id_, kept in self.live.items()
        }
        for kept in self.live.values():
            ids = [point_id(kept.version, ordinal) for ordinal in range(len(kept.chunks))]
            assert sorted(reader.chunks(ids)) == ids


TestTermStatistics = TermStatistics.TestCase
TestTermStatistics.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_an_absent_document_is_judged_by_the_next_one(journal: Journal) -> None:
    for name in ("a.md", "c.md"):
        put(journal, memory_document(name, "word"))
    found = [journal.reader.document_or_next(f"memory:{name}.md") for name in "abcd"]
    assert [row and row.id for row in found] == ["memory:a.md", "memory:c.md", "memory:c.md", None]
