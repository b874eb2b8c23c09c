from pathlib import Path
from typing import Any

import pytest
from llama_index.core.readers import SimpleDirectoryReader, StringIterableReader
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document as LlamaDocument

from hybrid.errors import ReadError, SourceError
from hybrid.protocols import Entry
from hybrid.testing.connectors import ConnectorContract
from hybrid.types import Access
from hybrid_connectors.llamaindex import LlamaIndexReader


class Rows(BaseReader):
    """A reader of given documents, each load with new random ids."""

    def load_data(self, *args: Any, **load_kwargs: Any) -> list[LlamaDocument]:
        return [LlamaDocument(text=text, metadata=metadata) for text, metadata in load_kwargs["rows"]]


def source(*rows: tuple[str, dict[str, Any]], **settings: Any) -> LlamaIndexReader:
    return LlamaIndexReader(name="li", reader=Rows(), load={"rows": list(rows)}, **settings)


def paths(connector: LlamaIndexReader) -> list[str]:
    return [entry.path for entry in connector.list().entries]


def only(connector: LlamaIndexReader):
    return connector.read(connector.list().entries[0])


class TestDirectoryReaderContract(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path: Path) -> LlamaIndexReader:
        (tmp_path / "a.md").write_text("# A\r\ntext")
        (tmp_path / "b.txt").write_text("b")
        return LlamaIndexReader(name="li", reader=SimpleDirectoryReader(tmp_path), default_readers=("public",))


class TestUnnamedTextsContract(ConnectorContract):
    @pytest.fixture
    def connector(self) -> LlamaIndexReader:
        return LlamaIndexReader(name="li", reader=StringIterableReader(), load={"texts": ["one", "two", "one"]})


def test_ids_come_from_metadata_and_parts_are_numbered_in_order():
    connector = source(
        ("p1", {"file_path": "/data/a.pdf", "page_label": "1"}),
        ("p2", {"file_path": "/data/a.pdf", "page_label": "2"}),
        ("w", {"url": "https://example.org/x", "file_path": ""}),
    )
    assert paths(connector) == ["data/a.pdf", "data/a.pdf#2", "https://example.org/x"]
    assert connector.read(Entry(path="data/a.pdf#2", state="")).text == "p2"


def test_without_metadata_the_content_is_the_id_whatever_the_order():
    assert set(paths(source(("one", {}), ("two", {})))) == set(paths(source(("two", {}), ("one", {}))))


def test_a_change_of_text_metadata_or_access_changes_the_state():
    def state(text: str, metadata: dict[str, Any], access: Access | None = None) -> str:
        row = (text, {"id": "x", **metadata})
        return source(row, access=lambda _: access).list().entries[0].state

    states = [state("a", {}), state("b", {}), state("a", {"k": 1}), state("a", {}, Access(readers=("public",)))]
    assert len(set(states)) == 4
    assert state("a", {}) == states[0]


@pytest.mark.parametrize(
    ("metadata", "access", "readers"),
    [
        ({}, None, ("group:staff",)),
        ({"access": ["public"]}, None, ("public",)),
        ({"access": ["public"]}, Access(readers=("user:ana",)), ("user:ana",)),
        ({}, Access(), ()),
    ],
)
def test_access_from_the_function_then_metadata_then_default(
    metadata: dict[str, Any], access: Access | None, readers: tuple[str, ...]
):
    connector = source(("text", {"id": "x", **metadata}), access=lambda _: access, default_readers=("group:staff",))
    assert only(connector).access.readers == readers


def test_fields_address_and_media_type():
    document = only(
        source(("t", {"file_path": "/d/a.md", "title": "T", "year": 2024, "tags": ["x"], "deny": ["user:b"]}))
    )
    assert (document.title, document.uri, document.media_type) == ("T", "file:///d/a.md", "text/markdown")
    assert document.metadata == {"file_path": "/d/a.md", "year": 2024}
    assert document.access.denied == ("user:b",)
    assert only(source(("t", {"file_path": "/d/a.docx"}))).media_type == "text/plain"
    assert only(source(("t", {"url": "https://example.org/x"}))).uri == "https://example.org/x"
    assert only(source(("t", {"id": "a b"}))).uri == "llamaindex:a%20b"


def test_a_failing_reader_is_a_source_error_without_its_message():
    class Failing(BaseReader):
        def load_data(self, *args: Any, **load_kwargs: Any) -> list[LlamaDocument]:
            raise RuntimeError("token=hunter2")

    with pytest.raises(SourceError, match="'li': Failing failed with RuntimeError; nothing was removed") as raised:
        LlamaIndexReader(name="li", reader=Failing()).list()
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "metadata", "access", "message"),
    [
        ("", {}, None, "x: is empty"),
        ("t", {"access": "public"}, None, "x: access must be a list"),
        ("t", {}, Access(readers=("everyone",)), "x: access: access token 'everyone'"),
    ],
)
def test_one_bad_document_does_not_stop_the_others(text: str, metadata: dict[str, Any], access: Access, message: str):
    connector = source((text, {"id": "x", **metadata}), ("good", {"id": "y"}), access=lambda _: access)
    with pytest.raises(ReadError, match=message):
        only(connector)
    assert len(paths(connector)) == 2


def test_fingerprint_follows_version():
    assert source(version="2").fingerprint != source(version="1").fingerprint
