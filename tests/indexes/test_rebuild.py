import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from index_oracle import EVERYBODY, PRINCIPALS, assert_holds, expected, in_threads, open_base, seen

from hybrid.errors import EmbeddingError, IndexStateError
from hybrid.sync import SyncProgress
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, memory_document
from hybrid.types import Access, Chunk, Document
from hybrid_indexes._workspace import Generation
from hybrid_indexes.engine import EdgeEngine
from hybrid_indexes.knowledge import KnowledgeBase

DOCUMENTS = 300  # several batches, so that an interruption leaves something done and something to do


@dataclass(frozen=True, kw_only=True)
class LineChunker:
    """Cuts at line ends, so that its chunks cannot be taken for those of ``ParagraphChunker``."""

    fingerprint: str = "lines"

    def chunk(self, document: Document) -> list[Chunk]:
        chunks: list[Chunk] = []
        start = 0
        for number, line in enumerate(document.text.split("\n"), start=1):
            if line:
                chunks.append(
                    Chunk(start=start, end=start + len(line), text=line, indexed_text=line, lines=(number, number))
                )
            start += len(line) + 1
        return chunks


class Interrupted(Exception):
    pass


def interrupt_after(done: int) -> Callable[[SyncProgress], None]:
    def progress(now: SyncProgress) -> None:
        if now.done >= done:
            raise Interrupted

    return progress


@pytest.fixture
def source() -> MemoryConnector:
    paths = [f"{number:03}.md" for number in range(DOCUMENTS)]
    return MemoryConnector(documents={path: memory_document(path, f"{path} word\nline\n\nend") for path in paths})


@pytest.fixture
def open_again(folder: Path, source: MemoryConnector) -> Iterator[Callable[..., KnowledgeBase]]:
    """Return a function that closes the index, which was synced once, and opens it with other parts."""
    opened = [open_base(folder / "index")]
    opened[0].sync([source])

    def reopen(**parts: object) -> KnowledgeBase:
        opened[-1].close()
        opened.append(open_base(folder / "index", **parts))
        return opened[-1]

    yield reopen
    opened[-1].close()


def generations(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "index").glob("generation-*"))


def test_another_chunker_rebuilds(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector, folder: Path
) -> None:
    base = open_again(chunker=LineChunker())
    assert base.plan([source]).rebuilt
    report = base.sync([source])
    assert (report.rebuilt, report.counts["added"]) == (True, DOCUMENTS)
    assert_holds(base, source.documents.values(), chunker=LineChunker(), principals=[EVERYBODY])
    assert generations(folder) == ["generation-2"]
    assert not base.sync([source]).rebuilt


def test_another_embedder_of_another_dimension_rebuilds(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    base = open_again(embedder=HashingEmbedder(dimension=24, fingerprint="longer"))
    with pytest.raises(IndexStateError, match="another embedder; run: hybrid sync"):
        base.search("word", principal=EVERYBODY)
    report = base.sync([source])
    assert report.rebuilt
    assert report.embedded > DOCUMENTS
    assert_holds(base, source.documents.values(), principals=[EVERYBODY])


def test_an_index_that_was_opened_but_never_filled_takes_any_embedder(folder: Path, source: MemoryConnector) -> None:
    open_base(folder, embedder=HashingEmbedder(dimension=8)).close()
    base = open_base(folder, embedder=HashingEmbedder(dimension=24))
    base.sync([source])
    assert_holds(base, source.documents.values(), principals=[EVERYBODY])
    base.close()


def test_searches_are_answered_while_another_chunker_rebuilds(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    base = open_again(chunker=LineChunker())
    old = expected(source.documents.values(), EVERYBODY)
    new = expected(source.documents.values(), EVERYBODY, LineChunker())
    answers: list[bool] = []
    stop = threading.Event()

    def search() -> None:
        while not stop.is_set():
            found = seen(base, EVERYBODY)
            assert found in (old, new), "parts of two generations in one answer"
            answers.append(found == new)

    with in_threads(search, search):
        try:
            base.sync([source])
        finally:
            stop.set()
    assert seen(base, EVERYBODY) == new
    assert False in answers


def test_an_interrupted_rebuild_goes_on_where_it_stopped(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector, folder: Path
) -> None:
    base = open_again(chunker=LineChunker())
    with pytest.raises(Interrupted):
        base.sync([source], progress=interrupt_after(DOCUMENTS // 2))
    assert generations(folder) == ["generation-1", "generation-2"]
    assert_holds(base, source.documents.values(), principals=[EVERYBODY])  # the old index still answers
    embedder = HashingEmbedder(dimension=16)
    base = open_again(chunker=LineChunker(), embedder=embedder)
    report = base.sync([source])
    assert report.counts["added"] < DOCUMENTS
    assert report.counts["added"] + report.counts["unchanged"] == DOCUMENTS
    assert_holds(base, source.documents.values(), chunker=LineChunker(), principals=[EVERYBODY])
    assert generations(folder) == ["generation-2"]


def test_an_interrupted_rebuild_can_be_repeated_without_reopening(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    base = open_again(chunker=LineChunker())
    for _ in range(2):
        with pytest.raises(Interrupted):
            base.sync([source], progress=interrupt_after(1))
    assert base.sync([source]).rebuilt
    assert_holds(base, source.documents.values(), chunker=LineChunker(), principals=[EVERYBODY])


def test_a_rebuild_begun_for_other_settings_starts_anew(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    base = open_again(chunker=LineChunker(), embedder=HashingEmbedder(dimension=24, fingerprint="longer"))
    with pytest.raises(Interrupted):
        base.sync([source], progress=interrupt_after(DOCUMENTS // 2))
    base = open_again(embedder=HashingEmbedder(dimension=8, fingerprint="shorter"))
    assert base.sync([source]).counts["added"] == DOCUMENTS
    assert_holds(base, source.documents.values(), principals=[EVERYBODY])


def test_going_back_to_the_old_settings_removes_what_was_begun(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector, folder: Path
) -> None:
    base = open_again(chunker=LineChunker())
    with pytest.raises(Interrupted):
        base.sync([source], progress=interrupt_after(1))
    base = open_again()
    assert base.sync([source]).counts["unchanged"] == DOCUMENTS
    assert generations(folder) == ["generation-1"]
    assert_holds(base, source.documents.values(), principals=[EVERYBODY])


def test_a_rebuild_takes_over_what_cannot_be_read_now(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    secret = memory_document("secret.md", "old word\nline", access=Access(readers=("group:legal",)), source="other")
    other = MemoryConnector(name="other", documents={"secret.md": secret})
    gone = MemoryConnector(name="gone", documents={"gone.md": memory_document("gone.md", "word", source="gone")})
    open_again().sync([source, other, gone])
    before = source.documents["000.md"]
    source.documents["000.md"] = memory_document("000.md", "changed word")
    source.broken, other.offline = {"000.md"}, True
    base = open_again(chunker=LineChunker())
    report = base.sync([source, other])
    assert report.rebuilt
    assert [failure.document_id for failure in report.failures] == ["other:", "memory:000.md"]
    kept = {**source.documents, "000.md": before}
    assert_holds(base, [*kept.values(), secret], chunker=LineChunker(), principals=PRINCIPALS)
    assert [failure.document_id for failure in base.health().failures] == ["memory:000.md"]
    source.broken, other.offline = set(), False
    other.documents["secret.md"] = replace(secret, access=Access())
    counts = base.sync([source, other]).counts
    assert (counts["changed"], counts["permissions"], counts["added"]) == (1, 1, 0)
    assert_holds(base, [*source.documents.values(), other.documents["secret.md"]], chunker=LineChunker())


def test_a_rebuild_closes_what_cannot_be_read_when_the_settings_changed_too(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    open_again().sync([source])
    source.broken, source.fingerprint = {"000.md"}, "a rule that may be about 000.md"
    base = open_again(chunker=LineChunker())
    assert base.sync([source]).rebuilt
    assert base.document("memory:000.md", principal=EVERYBODY) is None
    assert base.access("memory:000.md") == (Access(), "")


LEGAL = Access(readers=("group:legal",))


class EmbedsNothing(HashingEmbedder):
    def embed_documents(self, texts):
        raise EmbeddingError("cannot embed")


def test_who_lost_a_document_does_not_see_it_while_the_index_is_rebuilt(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    open_again().sync([source])
    before = dict(source.documents)
    source.documents["000.md"] = replace(before["000.md"], access=LEGAL)
    del source.documents["001.md"]
    source.documents["002.md"] = memory_document("002.md", "another word", access=LEGAL)
    source.documents["new.md"] = memory_document("new.md", "new word")
    source.documents["003 moved.md"] = replace(source.documents.pop("003.md"), path="003 moved.md", access=LEGAL)
    base = open_again(chunker=LineChunker(), embedder=EmbedsNothing(dimension=16))
    with pytest.raises(EmbeddingError):
        base.sync([source])
    kept = {path: document for path, document in source.documents.items() if path != "new.md"}
    kept["002.md"] = replace(before["002.md"], access=LEGAL)
    assert_holds(base, kept.values())


def test_a_changed_document_shows_its_old_content_only_to_readers_of_both_until_the_swap(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    secret = memory_document("000.md", "the secret word", access=LEGAL)
    source.documents["000.md"] = secret
    source.documents["001.md"] = replace(source.documents["001.md"], tenant="t")
    open_again().sync([source])
    source.documents["000.md"] = memory_document("000.md", "nothing secret any more")
    source.documents["001.md"] = memory_document("001.md", "of another tenant")
    base = open_again(chunker=LineChunker(), embedder=EmbedsNothing(dimension=16))
    with pytest.raises(EmbeddingError):
        base.sync([source])
    assert base.access("memory:000.md") == (LEGAL, "")
    assert base.access("memory:001.md") == (Access(), "t")
    base = open_again()
    assert base.sync([source]).counts["changed"] == 2, "the new content is still to come"
    assert_holds(base, source.documents.values())


def test_what_an_interrupted_rebuild_wrote_gives_way_to_what_was_revoked_since(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    base = open_again(chunker=LineChunker())
    with pytest.raises(Interrupted):
        base.sync([source], progress=interrupt_after(DOCUMENTS // 2))
    source.documents["000.md"] = replace(source.documents["000.md"], access=LEGAL)
    with pytest.raises(Interrupted):
        base.sync([source], progress=interrupt_after(1))
    assert base.access("memory:000.md") == (LEGAL, "")
    source.offline = True
    base.sync([source])
    assert_holds(base, source.documents.values(), chunker=LineChunker())
    assert base.sync([source]).closed == 0, "the settings are still known"


@pytest.mark.parametrize("settings", ["1", "tightened"])
def test_a_source_that_lists_nothing_survives_a_rebuild(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector, settings: str
) -> None:
    documents = source.documents
    source.documents, source.fingerprint = {}, settings
    base = open_again(chunker=LineChunker())
    report = base.sync([source])
    closed = settings != "1"
    assert (report.unrefreshed, report.closed) == ((0, DOCUMENTS) if closed else (DOCUMENTS, 0))
    kept = [replace(each, access=Access()) if closed else each for each in documents.values()]
    assert_holds(base, kept, chunker=LineChunker(), principals=[EVERYBODY])
    base.sync([source], accept_empty=["memory"])
    assert_holds(base, [], chunker=LineChunker(), principals=[EVERYBODY])


def test_an_embedder_that_fails_leaves_the_live_index_as_it_was(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector
) -> None:
    base = open_again(embedder=EmbedsNothing(dimension=16, fingerprint="fails"))
    for _ in range(2):
        with pytest.raises(EmbeddingError):
            base.sync([source])
    base = open_again()
    assert_holds(base, source.documents.values(), principals=[EVERYBODY])


class KilledBeforeDiscarding(EdgeEngine):
    """Stands for a process that dies after the switch and before the old index is gone."""

    def discard(self, generation: Generation) -> None:
        if generation.path.name == "generation-1":
            raise KeyboardInterrupt
        super().discard(generation)


def test_what_a_killed_process_left_after_the_switch_is_removed_at_the_next_start(
    open_again: Callable[..., KnowledgeBase], source: MemoryConnector, folder: Path
) -> None:
    base = open_again(chunker=LineChunker(), engine=KilledBeforeDiscarding())
    with pytest.raises(KeyboardInterrupt):
        base.sync([source])
    assert generations(folder) == ["generation-1", "generation-2"]
    base = open_again(chunker=LineChunker())
    assert generations(folder) == ["generation-2"]
    assert_holds(base, source.documents.values(), chunker=LineChunker(), principals=[EVERYBODY])
