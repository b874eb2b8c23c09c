"""Changes of content are counted by day, over rebuilds, and read beside whoever holds the index."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from index_oracle import open_base

from hybrid.testing.memory import MemoryConnector, memory_document
from hybrid.types import Access
from hybrid_indexes.journal import _schema, _writes
from hybrid_indexes.journal.history import change_history


@pytest.fixture
def days(monkeypatch):
    """Move the day on which everything happens."""

    def move(day):
        for module in (_schema, _writes):
            monkeypatch.setattr(module, "today", lambda: day)
        monkeypatch.setattr("hybrid_indexes.journal.history.today", lambda: day)

    move(100)
    return move


def source(**texts):
    return MemoryConnector(
        documents={f"{name}.md": memory_document(f"{name}.md", text) for name, text in texts.items()}
    )


def test_only_another_content_is_a_change(folder: Path, days):
    with closing(open_base(folder / "index")) as base:
        base.sync([source(a="one", b="two", c="three")])
        assert change_history(folder / "index") == (3, 1, [])
        days(110)
        base.sync([source(a="one", b="new", c="also new")])
        days(120)
        documents = {"a.md": memory_document("a.md", "one", access=Access(readers=("group:x",)))}
        base.sync([MemoryConnector(documents=documents | source(b="new").documents)])
        assert change_history(folder / "index") == (2, 21, [(10, 2), (0, 1)])


def test_a_rebuild_is_no_change_and_forgets_none(folder: Path, days):
    from test_rebuild import LineChunker

    with closing(open_base(folder / "index")) as base:
        base.sync([source(a="one")])
        days(103)
        base.sync([source(a="two")])
    with closing(open_base(folder / "index", chunker=LineChunker())) as base:
        assert base.sync([source(a="two")]).rebuilt
        assert change_history(folder / "index") == (1, 4, [(0, 1)])


def test_an_index_that_counted_nothing_yet_begins_to(folder: Path, days):
    with closing(open_base(folder / "index")) as base:
        base.sync([source(a="one")])
    journal = folder / "index" / "generation-1" / "journal.sqlite"
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute("DROP TABLE history")
    assert change_history(folder / "index") is None
    open_base(folder / "index").close()
    assert change_history(folder / "index") == (1, 1, [])


def test_without_an_index_there_is_no_history(folder: Path):
    assert change_history(folder / "index") is None
