"""What happens to an index from outside: locks, foreign formats, damaged files, power cuts, a full disk."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from index_oracle import EVERYBODY, PRINCIPALS, assert_holds, expected, open_base, seen

from hybrid.errors import (
    EmbeddingError,
    HybridError,
    IndexDamagedError,
    IndexLockedError,
    IndexVersionError,
    StorageError,
)
from hybrid.sync import SyncProgress
from hybrid.testing.memory import HashingEmbedder, MemoryConnector, memory_document
from hybrid.types import Access
from hybrid_indexes._workspace import Generation
from hybrid_indexes.edge import EdgeIndex
from hybrid_indexes.engine import EdgeEngine

CHILD = Path(__file__).parent / "_sync_child.py"
STAFF = Access(readers=("group:staff",))


def source_of(count: int) -> MemoryConnector:
    texts = {f"{number:03}.md": f"word {number}\n\npart {number}" for number in range(count)}
    return MemoryConnector(documents={path: memory_document(path, text) for path, text in texts.items()})


@pytest.fixture
def source() -> MemoryConnector:
    return source_of(300)


@pytest.fixture
def synced(folder: Path, source: MemoryConnector) -> Path:
    """Return the folder of an index that was synced and closed."""
    base = open_base(folder / "index")
    base.sync([source])
    base.close()
    return folder / "index"


def test_a_second_process_is_told_which_one_holds_the_index(synced: Path) -> None:
    hold = "import sys; from pathlib import Path; from hybrid_indexes._workspace import Workspace;"
    hold += "held = Workspace(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", hold, str(synced)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(IndexLockedError, match=rf"held by process {other.pid}\b.*stop it or wait"):
            open_base(synced)
        other.communicate()
    open_base(synced).close()


def test_a_second_opening_in_the_same_process_is_refused(synced: Path) -> None:
    base = open_base(synced)
    with pytest.raises(IndexLockedError, match=str(os.getpid())):
        open_base(synced)
    base.close()


def test_a_shard_that_is_open_elsewhere_is_refused(folder: Path) -> None:
    index = EdgeIndex(folder, dimension=4)
    with pytest.raises(IndexLockedError):
        EdgeIndex(folder, dimension=4)
    index.close()


def test_an_index_of_a_newer_hybrid_is_refused_and_let_go(synced: Path) -> None:
    path = synced / "generation-1" / "journal.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for _ in range(2):
        with pytest.raises(IndexVersionError, match="upgrade hybrid"):
            open_base(synced)


@pytest.mark.parametrize("damage", ["no database", "zeros", "cut"])
def test_a_damaged_journal_is_named(synced: Path, source: MemoryConnector, damage: str) -> None:
    path = synced / "generation-1" / "journal.sqlite"
    content = bytearray(path.read_bytes())
    match damage:
        case "no database":
            content = bytearray(b"this is a text" * 1000)
        case "zeros":
            content[4096:] = bytes(len(content) - 4096)
        case _:
            del content[len(content) // 2 :]
    path.write_bytes(content)
    (synced / "generation-1" / "journal.sqlite-wal").unlink(missing_ok=True)

    def use() -> None:
        base = open_base(synced)
        try:
            seen(base, EVERYBODY)
            base.sync([source])
        finally:
            base.close()

    with pytest.raises(IndexDamagedError, match="remove the index folder and sync again"):
        use()


def crashed_at(folder: Path, source: MemoryConnector, done: int) -> Path:
    """Return a copy of the index as a process would leave it that is killed in the middle of its first sync."""
    base, copy = open_base(folder / "running"), folder / "crashed"

    def progress(now: SyncProgress) -> None:
        if now.done >= done and not copy.exists():
            shutil.copytree(folder / "running", copy)

    base.sync([source], progress=progress)
    base.close()
    return copy


def damage(segment: Path, start: int, replacement: bytes) -> None:
    content = bytearray(segment.read_bytes())
    content[start : start + len(replacement)] = replacement
    segment.write_bytes(content)


def written_log(index: Path) -> tuple[Path, int]:
    """Return the part of the engine's log that holds the last operations, and how far it is filled."""
    filled = {
        path: len(path.read_bytes().rstrip(b"\0")) for path in index.glob("generation-1/engine/shard-*/wal/open-*")
    }
    segment = max(filled, key=lambda path: filled[path])
    return segment, filled[segment]


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_log_of_the_engine_is_mended_by_the_next_sync(
    folder: Path, source: MemoryConnector, seed: int
) -> None:
    index, chance = crashed_at(folder, source, done=250), random.Random(seed)
    segment, filled = written_log(index)
    damage(segment, chance.randrange(64, filled), chance.randbytes(64))
    base = open_base(index)
    live = [document for document in source.documents.values() if base.access(document.id)]
    assert len(live) > 200
    for principal in PRINCIPALS:
        assert set(seen(base, principal)) <= set(expected(live, principal)), "shows something no document says"
    base.sync([source])
    assert_holds(base, source.documents.values())
    base.close()


def test_what_the_log_lost_is_written_again_without_the_source(folder: Path, source: MemoryConnector) -> None:
    index = crashed_at(folder, source, done=300)
    segment, filled = written_log(index)
    damage(segment, filled // 2, bytes(filled))
    base = open_base(index)
    assert base.health().missing > 0
    source.offline = True
    base.sync([source])
    assert base.health().missing == 0
    source.offline = False
    assert base.sync([source]).embedded == 0
    assert_holds(base, source.documents.values())
    base.close()


def test_an_engine_that_cannot_be_read_is_named_and_written_again_from_the_journal(
    synced: Path, source: MemoryConnector
) -> None:
    damage(written_log(synced)[0], 0, bytes(64))
    with pytest.raises(IndexDamagedError, match="cannot read its files .* remove the folder .* hybrid sync"):
        open_base(synced)
    shutil.rmtree(synced / "generation-1" / "engine")
    base = open_base(synced)
    source.offline = True
    assert base.sync([source]).embedded > 0
    assert_holds(base, source.documents.values())
    base.close()


@pytest.mark.parametrize("pointer", ["", "no JSON", "{}", "[]", '{"shard": "shard-9", "optimized_points": 0}'])
def test_an_engine_whose_shard_cannot_be_found_is_named_and_written_again(
    synced: Path, source: MemoryConnector, pointer: str
) -> None:
    engine = synced / "generation-1" / "engine"
    (engine / "current.json").write_text(pointer)
    with pytest.raises(IndexDamagedError, match="remove the folder .*engine' and run: hybrid sync"):
        open_base(synced)
    assert (engine / "shard-1").is_dir(), "nothing is removed on the word of a damaged file"
    shutil.rmtree(engine)
    base = open_base(synced)
    base.sync([source])
    assert_holds(base, source.documents.values())
    base.close()


@pytest.mark.parametrize("said", ["", "hello", "generation-x", "../generation-1", "generation-1\ngeneration-2"])
def test_an_index_that_names_no_generation_is_named_and_left_alone(
    synced: Path, source: MemoryConnector, said: str
) -> None:
    (synced / "current").write_text(said)
    with pytest.raises(IndexDamagedError, match="names no generation"):
        open_base(synced)
    (synced / "current").write_text("generation-1\n")
    (synced / "generation-of-somebody").mkdir()
    base = open_base(synced)
    assert_holds(base, source.documents.values())
    base.close()
    assert (synced / "generation-of-somebody").is_dir()


class RemembersFlush(EdgeIndex):
    """Keeps a copy of what was flushed: all that a power cut leaves."""

    def __init__(self, path: Path, *, dimension: int) -> None:
        self.root, self.flushed = path, path.with_name("flushed")
        super().__init__(path, dimension=dimension)
        self.flush()

    def flush(self) -> None:
        super().flush()
        shutil.rmtree(self.flushed, ignore_errors=True)
        shutil.copytree(self.root, self.flushed)


class RemembersFlushes(EdgeEngine):
    def open(self, generation: Generation, dimension: int) -> EdgeIndex:
        return RemembersFlush(generation.engine, dimension=dimension)


def cut_power(index: Path) -> None:
    """Leave of the engine what was flushed; the journal's commits are durable."""
    shutil.rmtree(index / "generation-1" / "engine")
    (index / "generation-1" / "flushed").rename(index / "generation-1" / "engine")


@pytest.mark.parametrize("done", [1, 130, 260, 300])
def test_a_power_cut_loses_nothing_that_the_next_sync_does_not_restore(
    folder: Path, source: MemoryConnector, done: int
) -> None:
    base = open_base(folder / "index", engine=RemembersFlushes())

    def stop(progress: SyncProgress) -> None:
        if progress.done >= done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        base.sync([source], progress=stop)
    base.close()
    cut_power(folder / "index")
    base = open_base(folder / "index")
    for principal in PRINCIPALS:
        assert set(seen(base, principal)) <= set(expected(source.documents.values(), principal))
    base.sync([source])
    assert_holds(base, source.documents.values())
    base.close()


def test_a_power_cut_after_a_sync_undoes_no_permission(folder: Path, source: MemoryConnector) -> None:
    base = open_base(folder / "index", engine=RemembersFlushes())
    base.sync([source])
    for path in list(source.documents)[:100]:
        source.documents[path] = replace(source.documents[path], access=STAFF)
    base.sync([source])
    base.close()
    cut_power(folder / "index")
    base = open_base(folder / "index")
    assert_holds(base, source.documents.values())
    base.close()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_embedder_that_returns_no_numbers_changes_nothing(synced: Path, source: MemoryConnector, bad: float) -> None:
    class Broken(HashingEmbedder):
        def embed_documents(self, texts):
            rows = super().embed_documents(texts)
            rows[0, 0] = bad
            return rows

    before = dict(source.documents)
    source.documents["000.md"] = memory_document("000.md", "another word")
    base = open_base(synced, embedder=Broken(dimension=16))
    with pytest.raises(EmbeddingError, match="NaN or infinity for 1 of 1 texts"):
        base.sync([source])
    assert_holds(base, before.values())
    base.close()


def test_an_embedder_of_the_wrong_size_changes_nothing(synced: Path, source: MemoryConnector) -> None:
    class Broken(HashingEmbedder):
        def embed_documents(self, texts):
            return super().embed_documents(texts)[:, :-1]

    before = dict(source.documents)
    source.documents["000.md"] = memory_document("000.md", "another word")
    base = open_base(synced, embedder=Broken(dimension=16))
    with pytest.raises(EmbeddingError, match="dimension 16"):
        base.sync([source])
    assert_holds(base, before.values())
    base.close()


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    path = folder / "small"
    path.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounting.returncode != 0:
        pytest.skip("mounting a small disk needs rights that this user has not")
    yield path
    subprocess.run(["umount", str(path)], check=True)


@pytest.mark.parametrize("megabytes", [0.02, 1, 20, 65])
def test_a_full_disk_is_named_and_leaves_a_whole_index(small_disk: Path, folder: Path, megabytes: float) -> None:
    """In a process of its own, because an engine that writes into a full disk takes its process along."""
    source = source_of(300)
    base = open_base(small_disk / "index")
    base.sync([source])
    base.close()
    before = dict(source.documents)
    for path in list(source.documents)[::2]:
        source.documents[path] = memory_document(path, f"changed {path}\n\n" + "more words " * 20)
    corpus = {path: (document.text, document.access.readers) for path, document in source.documents.items()}
    (folder / "corpus.json").write_text(json.dumps({"documents": corpus, "chunker": "paragraphs"}), "utf-8")
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(shutil.disk_usage(small_disk).free - int(megabytes * 2**20)))

    command = [sys.executable, str(CHILD), str(small_disk / "index"), str(folder / "corpus.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 3, (ended.returncode, ended.stderr)
    assert ended.stdout.splitlines()[-1].startswith("StorageError: ")
    assert "free some space" in ended.stdout

    ballast.unlink()
    base = open_base(small_disk / "index")
    known = [*before.values(), *source.documents.values()]
    for principal in PRINCIPALS:
        found = seen(base, principal)
        assert set(found) <= set(expected(known, principal))
        assert len({(chunk[0], chunk[2]) for chunk in found}) == len({chunk[0] for chunk in found}), "two versions"
    assert base.health().missing == 0
    base.sync([source])
    assert_holds(base, source.documents.values())
    base.close()


def test_a_folder_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "file").write_text("no folder")
    with pytest.raises(StorageError, match="cannot be used"):
        open_base(folder / "file")


def test_every_error_here_is_one_line(synced: Path) -> None:
    base = open_base(synced)
    with pytest.raises(HybridError) as caught:
        open_base(synced)
    assert "\n" not in str(caught.value)
    base.close()
