import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from index_oracle import EVERYBODY, assert_holds, open_base, seen

from hybrid.errors import ConfigError, EmbeddingError, NotIndexedError
from hybrid.protocols import Entry, Listing
from hybrid.sync import SyncProgress, SyncReport
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, memory_document
from hybrid.types import Access, Document, Principal
from hybrid_indexes.knowledge import KnowledgeBase
from hybrid_indexes.sync import _run, _waiting

TEXT = "first word\n\nsecond word"


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder(dimension=16)


@pytest.fixture
def base(folder: Path, embedder: HashingEmbedder) -> Iterator[KnowledgeBase]:
    base = open_base(folder / "index", embedder=embedder)
    yield base
    base.close()


@pytest.fixture
def source() -> MemoryConnector:
    return source_of("a.md", "b.md", "c.md")


def source_of(*paths: str, name: str = "memory") -> MemoryConnector:
    documents = {path: memory_document(path, f"{TEXT} of {path}", source=name) for path in paths}
    return MemoryConnector(name=name, documents=documents)


def kinds(report: SyncReport) -> dict[str, int]:
    return {kind: count for kind, count in report.counts.items() if count}


def test_nothing_can_be_searched_before_the_first_sync(base: KnowledgeBase) -> None:
    with pytest.raises(NotIndexedError, match="hybrid sync"):
        base.search("word", principal=EVERYBODY)


def test_the_first_sync_adds_everything(base: KnowledgeBase, source: MemoryConnector) -> None:
    report = base.sync([source])
    assert kinds(report) == {"added": 3}
    assert (report.chunks, report.embedded) == (6, 4)  # the first paragraph is the same three times
    assert_holds(base, source.documents.values())


def test_an_unchanged_source_costs_no_read_and_no_embedding(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    source.reads = 0
    report = base.sync([source])
    assert kinds(report) == {"unchanged": 3}
    assert (source.reads, report.embedded, report.chunks) == (0, 0, 0)


def test_a_changed_document_embeds_only_its_new_chunks(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    source.documents["a.md"] = memory_document("a.md", f"{TEXT} of a.md\n\nthird word")
    report = base.sync([source])
    assert kinds(report) == {"changed": 1, "unchanged": 2}
    assert (report.chunks, report.embedded) == (3, 1)
    assert_holds(base, source.documents.values())


def test_a_rename_embeds_nothing(base: KnowledgeBase, source: MemoryConnector, embedder: HashingEmbedder) -> None:
    base.sync([source])
    before = embedder.embedded
    moved = replace(source.documents.pop("a.md"), path="z.md", uri="memory:z.md", title="z.md")
    source.documents["z.md"] = moved
    report = base.sync([source])
    assert [(o.kind, o.document_id, o.detail) for o in report.outcomes] == [("renamed", "memory:z.md", "memory:a.md")]
    assert embedder.embedded == before
    assert_holds(base, source.documents.values())


def test_a_rename_with_new_readers_changes_who_finds_it(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    old = source.documents.pop("a.md")
    source.documents["z.md"] = replace(old, path="z.md", access=Access(readers=("group:staff",)))
    assert kinds(base.sync([source])) == {"renamed": 1, "unchanged": 2}
    assert_holds(base, source.documents.values())


def test_two_documents_that_swap_places_embed_nothing(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    a, b = source.documents["a.md"], source.documents["b.md"]
    source.documents |= {"a.md": replace(b, path="a.md"), "b.md": replace(a, path="b.md")}
    assert base.sync([source]).embedded == 0
    assert_holds(base, source.documents.values())


def test_equal_documents_are_renamed_one_for_one(base: KnowledgeBase) -> None:
    source = MemoryConnector(documents={f"{n}.md": memory_document(f"{n}.md", TEXT) for n in range(6)})
    base.sync([source])
    source.documents = {f"new/{n}.md": memory_document(f"new/{n}.md", TEXT) for n in range(4)}
    assert kinds(base.sync([source])) == {"renamed": 4, "removed": 2}
    assert_holds(base, source.documents.values())


def test_the_source_says_which_of_two_equal_documents_was_renamed(base: KnowledgeBase) -> None:
    old = {path: memory_document(path, TEXT) for path in ("a.md", "b.md")}
    source = MemoryConnector(documents=old)
    base.sync([source])
    source.documents = {"z.md": memory_document("z.md", TEXT)}
    source.renames = {"a.md": "z.md"}
    assert {(o.kind, o.detail) for o in base.sync([source]).outcomes} == {("renamed", "memory:a.md"), ("removed", "")}


@pytest.mark.parametrize(
    "change",
    [
        {"access": Access(readers=("group:staff",))},
        {"access": Access(readers=("public",), denied=("user:ana",))},
        {"access": Access()},
        {"tenant": "other"},
        {"valid_until": datetime(2020, 1, 1, tzinfo=UTC)},
        {"metadata": {"lang": "en"}},
    ],
    ids=repr,
)
def test_permissions_and_fields_embed_nothing(
    base: KnowledgeBase, source: MemoryConnector, change: dict[str, object]
) -> None:
    base.sync([source])
    source.documents["a.md"] = replace(source.documents["a.md"], **change)
    report = base.sync([source])
    assert kinds(report) == {"permissions": 1, "unchanged": 2}
    assert (report.embedded, report.chunks) == (0, 0)
    if "valid_until" in change:
        assert "memory:a.md" not in {found[0] for found in seen(base, EVERYBODY)}
    else:
        assert_holds(base, source.documents.values())


class Watched(HashingEmbedder):
    """Says who found what whenever something is embedded."""

    def __init__(self) -> None:
        super().__init__(dimension=16)
        self.looks: list[tuple[list[str], set[str]]] = []
        self.look: Callable[[], set[str]] = set

    def embed_documents(self, texts: Sequence[str]) -> np.ndarray:
        self.looks.append((list(texts), self.look()))
        return super().embed_documents(texts)


@pytest.mark.parametrize("room", [20_000_000, 0], ids=["held", "read again"])
def test_a_reader_who_is_taken_away_waits_for_no_embedding(
    folder: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(_waiting, "_CHARACTERS", room)
    monkeypatch.setattr(_run, "_CHUNKS_PER_BATCH", 1)
    source, embedder = source_of("b.md", "c.md", "y.md", "z.md"), Watched()
    staff = Access(readers=("group:staff",))
    with closing(open_base(folder / "index", embedder=embedder)) as base:
        base.sync([source])
        embedder.looks.clear()
        embedder.look = lambda: {
            hit.document_id for hit in base.search("word", principal=Principal(user="ana")).passages
        }
        source.documents["a.md"] = memory_document("a.md", "a new page")
        source.documents["b.md"] = memory_document("b.md", "other words")
        source.documents["y.md"] = memory_document("y.md", "words for staff", access=staff)
        source.documents["z.md"] = replace(source.documents["z.md"], access=staff)
        assert kinds(base.sync([source])) == {"added": 1, "changed": 2, "permissions": 1, "unchanged": 1}
        assert [texts for texts, _ in embedder.looks] == [["words for staff"], ["other words"], ["a new page"]]
        assert all("memory:z.md" not in found for _, found in embedder.looks)
        assert ["memory:y.md" in found for _, found in embedder.looks] == [True, False, False]
        assert_holds(base, source.documents.values())


def test_a_field_that_changes_its_kind_only_is_a_change(base: KnowledgeBase, source: MemoryConnector) -> None:
    source.documents["a.md"] = replace(source.documents["a.md"], metadata={"flag": 1})
    base.sync([source])
    source.documents["a.md"] = replace(source.documents["a.md"], metadata={"flag": True})
    base.sync([source])
    found = base.search("word", principal=EVERYBODY, narrowing={"flag": True}).passages
    assert {passage.document_id for passage in found} == {"memory:a.md"}


def test_a_removed_document_is_gone(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    del source.documents["a.md"]
    assert kinds(base.sync([source])) == {"removed": 1, "unchanged": 2}
    assert_holds(base, source.documents.values())


def test_an_emptied_document_stays_without_chunks(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    source.documents["a.md"] = memory_document("a.md", "")
    base.sync([source])
    assert_holds(base, source.documents.values())
    assert kinds(base.sync([source])) == {"unchanged": 3}


def test_a_source_that_cannot_be_listed_loses_nothing(base: KnowledgeBase, source: MemoryConnector) -> None:
    other = source_of("x.md", "y.md", name="other")
    base.sync([source, other])
    source.offline = True
    del other.documents["x.md"]
    report = base.sync([source, other])
    assert [(o.kind, o.document_id) for o in report.outcomes] == [("failed", "memory:"), ("removed", "other:x.md")]
    assert (report.unrefreshed, report.closed) == (3, 0)
    assert_holds(base, [*source.documents.values(), *other.documents.values()])


def test_a_source_that_cannot_be_listed_is_closed_when_its_settings_changed(
    base: KnowledgeBase, source: MemoryConnector
) -> None:
    """Nobody can tell what a tightened rule says about documents that cannot be asked."""
    base.sync([source])
    source.offline, source.fingerprint = True, "a tightened rule"
    plan = base.plan([source])
    assert (plan.unrefreshed, plan.closed) == (0, 3)
    assert_holds(base, source.documents.values())
    for _ in range(2):
        report = base.sync([source])
        assert (report.unrefreshed, report.closed) == (0, 3)
        assert_holds(base, [replace(document, access=Access()) for document in source.documents.values()])


def test_documents_that_were_closed_open_again_also_when_the_old_settings_come_back(
    base: KnowledgeBase, source: MemoryConnector
) -> None:
    base.sync([source])
    source.offline, source.fingerprint = True, "a tightened rule"
    base.sync([source])
    source.offline, source.fingerprint = False, "1"
    report = base.sync([source])
    assert (kinds(report), report.embedded) == ({"permissions": 3}, 0)
    assert_holds(base, source.documents.values())


def test_settings_that_were_tried_and_put_back_leave_nothing_behind(base: KnowledgeBase) -> None:
    class Stops(Exception):
        pass

    def stop(progress: SyncProgress) -> None:
        if progress.done > 150:
            raise Stops

    source = source_of(*(f"{number:03}.md" for number in range(300)))
    base.sync([source])
    tried = MemoryConnector(fingerprint="wider", documents=dict(source.documents))
    closed = {path: replace(document, access=Access()) for path, document in source.documents.items()}
    source.documents, tried.documents = closed, dict(source.documents)
    base.sync([source])
    with pytest.raises(Stops):
        base.sync([tried], progress=stop)
    base.sync([source])
    assert_holds(base, closed.values())


def test_a_source_that_suddenly_lists_nothing_keeps_its_documents_until_somebody_says_so(
    base: KnowledgeBase, source: MemoryConnector
) -> None:
    """A share that is not mounted is an empty folder that can be read."""
    base.sync([source])
    documents, source.documents = source.documents, {}
    for report in (base.plan([source]), base.sync([source])):
        assert [(o.kind, o.document_id) for o in report.outcomes] == [("failed", "memory:")]
        assert "--accept-empty memory" in report.outcomes[0].detail
        assert report.unrefreshed == 3
        assert_holds(base, documents.values())
    assert kinds(base.plan([source], accept_empty=["memory"])) == {"removed": 3}
    assert kinds(base.sync([source], accept_empty=["memory"])) == {"removed": 3}
    assert_holds(base, [])
    assert kinds(base.sync([source])) == {}, "with nothing live there is nothing to ask"


def test_a_name_that_no_source_has_cannot_be_accepted_empty(base: KnowledgeBase, source: MemoryConnector) -> None:
    with pytest.raises(ConfigError, match="no source is named 'memroy'"):
        base.sync([source], accept_empty=["memroy"])


def test_a_document_that_fails_keeps_its_last_version_and_is_tried_again(
    base: KnowledgeBase, source: MemoryConnector
) -> None:
    base.sync([source])
    last = dict(source.documents)
    source.documents["a.md"] = memory_document("a.md", "another word")
    source.broken = {"a.md"}
    for _ in range(2):
        report = base.sync([source])
        assert [(o.kind, o.document_id) for o in report.outcomes] == [("failed", "memory:a.md")]
        assert [outcome.document_id for outcome in base.health().failures] == ["memory:a.md"]
        assert_holds(base, last.values())
    source.broken = set()
    assert kinds(base.sync([source])) == {"changed": 1, "unchanged": 2}
    assert base.health().failures == ()
    assert_holds(base, source.documents.values())


def test_a_document_that_failed_and_went_away_is_forgotten(base: KnowledgeBase, source: MemoryConnector) -> None:
    source.broken = {"a.md"}
    base.sync([source])
    del source.documents["a.md"]
    base.sync([source])
    assert base.health().failures == ()
    assert_holds(base, source.documents.values())


def test_a_source_taken_out_of_the_configuration_takes_its_documents_along(
    base: KnowledgeBase, source: MemoryConnector
) -> None:
    other = source_of("x.md", "y.md", name="other")
    base.sync([source, other])
    assert kinds(base.sync([source])) == {"removed": 2, "unchanged": 3}
    assert_holds(base, source.documents.values())


def test_a_source_that_was_never_read_to_its_end_can_be_taken_out_too(folder: Path, source: MemoryConnector) -> None:
    class BreaksAtPoison(HashingEmbedder):
        def embed_documents(self, texts: Sequence[str]):
            if any("poison" in text for text in texts):
                raise EmbeddingError("poison")
            return super().embed_documents(texts)

    other = MemoryConnector(name="other")
    other.documents = {f"{n:04}.md": memory_document(f"{n:04}.md", f"word {n}", source="other") for n in range(300)}
    other.documents["9999.md"] = memory_document("9999.md", "poison", source="other")
    base = open_base(folder / "index", embedder=BreaksAtPoison(dimension=16))
    with pytest.raises(EmbeddingError):
        base.sync([other])
    assert len(base.document_ids()) > 0
    base.sync([source])
    assert_holds(base, source.documents.values())
    base.close()


def test_sources_that_share_a_name_are_refused(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    with pytest.raises(ConfigError, match="two sources are named 'memory'"):
        base.sync([source, source_of("x.md")])
    assert_holds(base, source.documents.values())


@pytest.mark.parametrize("name", ["", "a:b"])
def test_a_name_that_would_mix_up_identities_is_refused(base: KnowledgeBase, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a source"):
        base.sync([source_of("x.md", name=name)])


def test_a_dry_run_tells_what_a_sync_does_and_writes_nothing(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    before = dict(source.documents)
    source.documents["b.md"] = memory_document("b.md", "changed word")
    source.documents["z.md"] = replace(source.documents.pop("c.md"), path="z.md")
    source.documents["new.md"] = memory_document("new.md", "new word")
    source.broken = {"new.md"}
    plan = base.plan([source])
    assert plan.dry_run
    assert_holds(base, before.values())
    assert base.health().failures == ()
    done = base.sync([source])
    assert (done.outcomes, done.counts) == (plan.outcomes, plan.counts)


def test_settings_that_alter_documents_make_all_of_them_be_read(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    source.reads, source.fingerprint = 0, "2"
    report = base.sync([source])
    assert (source.reads, report.embedded, kinds(report)) == (3, 0, {"unchanged": 3})
    base.sync([source])
    assert source.reads == 3


class Doubled(MemoryConnector):
    def list(self, cursor: str | None = None) -> Listing:
        listing = super().list(cursor)
        return replace(listing, entries=(*listing.entries, listing.entries[0]))


def test_a_listing_that_names_a_path_twice_fails_as_a_whole(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    report = base.sync([Doubled(documents=source.documents)])
    assert [(o.kind, o.document_id) for o in report.outcomes] == [("failed", "memory:")]
    assert "'a.md' twice" in report.outcomes[0].detail
    assert_holds(base, source.documents.values())


@pytest.mark.parametrize(
    "bad",
    [
        {"metadata": {"n": float("nan")}},
        {"metadata": {"n": float("-inf")}},
        {"metadata": {"n": 2**63}},
        {"metadata": {"n": None}},
        {"metadata": {"n": ["list"]}},
        {"metadata": {"n": "half \ud800"}},
        {"metadata": {"half \ud800": 1}},
        {"title": "half \ud800"},
        {"text": "half \ud800"},
        {"path": "elsewhere.md"},
        {"source": "other"},
        {"access": Access(readers=("public",), denied=("bob",))},
        {"access": Access(readers=("Public",))},
        {"access": Access(readers="public")},
    ],
    ids=ascii,
)
def test_one_document_that_cannot_be_stored_does_not_stop_the_others(
    base: KnowledgeBase, source: MemoryConnector, bad: dict[str, object]
) -> None:
    source.documents["a.md"] = replace(source.documents["a.md"], **bad)
    report = base.sync([source])
    assert [(o.kind, o.document_id) for o in report.outcomes if o.kind == "failed"] == [("failed", "memory:a.md")]
    assert "\n" not in report.failures[0].detail
    assert_holds(base, [source.documents["b.md"], source.documents["c.md"]])


def test_a_document_that_cannot_be_read_keeps_no_readers_that_new_settings_may_take(
    base: KnowledgeBase, source: MemoryConnector
) -> None:
    base.sync([source])
    old = source.documents["a.md"]
    source.documents["a.md"], source.broken = replace(old, text="newer"), {"a.md"}
    base.sync([source])
    assert base.document("memory:a.md", principal=EVERYBODY) is not None, "the same settings: the last good version"
    source.fingerprint = "a rule that may be about a.md"
    for _ in range(2):
        report = base.sync([source])
        assert [o.document_id for o in report.failures] == ["memory:a.md"]
        assert base.document("memory:a.md", principal=EVERYBODY) is None
        found = base.search("word", principal=EVERYBODY).passages
        assert {passage.document_id for passage in found} == {"memory:b.md", "memory:c.md"}
    source.documents["a.md"], source.broken = old, set()
    assert base.sync([source]).embedded == 0, "closing lost nothing"
    assert_holds(base, [old, source.documents["b.md"], source.documents["c.md"]])


def test_fields_at_the_edge_of_what_can_be_stored_are_found(base: KnowledgeBase, source: MemoryConnector) -> None:
    edges = {"high": 2**63 - 1, "low": -(2**63), "tiny": 5e-324, "": "", 'odd "name" \\ [] . %': "!true", "yes": True}
    source.documents["a.md"] = replace(source.documents["a.md"], metadata=edges)
    base.sync([source])
    for name, value in edges.items():
        found = base.search("word", principal=EVERYBODY, narrowing={name: value}).passages
        assert {passage.document_id for passage in found} == {"memory:a.md"}, name


def test_progress_ends_at_the_total(base: KnowledgeBase, source: MemoryConnector) -> None:
    told: list[tuple[int, int]] = []
    base.sync([source], progress=lambda progress: told.append((progress.done, progress.total)))
    assert told[-1] == (3, 3)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_search_from_within_the_progress_of_a_sync_is_answered(base: KnowledgeBase, source: MemoryConnector) -> None:
    found: list[int] = []
    base.sync([source], progress=lambda _: found.append(len(seen(base, EVERYBODY))))
    assert found[-1] == 6


def test_a_document_is_shown_only_to_its_readers(base: KnowledgeBase, source: MemoryConnector) -> None:
    source.documents["a.md"] = replace(source.documents["a.md"], access=Access(readers=("user:ana",)))
    base.sync([source])
    document = base.document("memory:a.md", principal=Principal(user="ana"))
    assert document is not None
    assert document.text == source.documents["a.md"].text
    assert base.document("memory:a.md", principal=Principal(user="bob")) is None
    assert base.document("memory:none.md", principal=Principal(user="ana")) is None


def test_closing_twice_does_nothing(base: KnowledgeBase, source: MemoryConnector) -> None:
    base.sync([source])
    base.close()
    base.close()


def test_a_thread_that_ended_leaves_no_connection_open(base: KnowledgeBase, source: MemoryConnector) -> None:
    def journals() -> int:
        return sum(
            "journal.sqlite" in str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()
        )

    base.sync([source])
    seen(base, EVERYBODY)
    before = journals()
    for _ in range(10):
        searching = threading.Thread(target=seen, args=(base, EVERYBODY))
        searching.start()
        searching.join()
    assert journals() <= before + 3


def test_an_entry_that_is_no_text_fails_its_source(base: KnowledgeBase, source: MemoryConnector) -> None:
    class Odd(MemoryConnector):
        def list(self, cursor: str | None = None) -> Listing:
            return Listing(entries=(Entry(path="half \ud800", state="1"),))

        def read(self, entry: Entry) -> Document:
            raise AssertionError("must not be read")

    report = base.sync([source, Odd(name="odd")])
    assert [o.document_id for o in report.failures] == ["odd:"]
    assert_holds(base, source.documents.values())


def test_a_document_whose_new_access_list_is_unclear_is_closed_until_it_is_clear(
    base: KnowledgeBase, source: MemoryConnector
) -> None:
    """A restriction that was typed wrongly must not leave the old, open version readable."""
    source.documents = {"a.md": memory_document("a.md", "open words")}
    base.sync([source])
    source.documents["a.md"] = memory_document("a.md", "open words, closed soon")
    source.unclear = {"a.md"}
    assert [outcome.kind for outcome in base.sync([source]).outcomes] == ["failed"]
    assert base.search("open words", principal=EVERYBODY).passages == ()
    source.unclear = set()
    base.sync([source])
    assert [passage.text for passage in base.search("open words", principal=EVERYBODY).passages] == [
        "open words, closed soon"
    ]
