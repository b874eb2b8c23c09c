"""The contract of connectors as tests that an implementer inherits."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from hybrid.access import parse_access
from hybrid.errors import ReadError
from hybrid.protocols import Connector, Entry
from hybrid.types import Access, Document


class ConnectorContract:
    """What every connector keeps, whatever it reads.

    Inherit it and give a fixture ``connector`` whose source holds at least two readable documents and does not change
    during a test.

    Example:
        >>> class TestMyConnector(ConnectorContract):
        ...     @pytest.fixture
        ...     def connector(self):
        ...         return MyConnector(name="mine")
    """

    def test_is_a_connector(self, connector: Connector) -> None:
        """It has the members of the protocol."""
        assert isinstance(connector, Connector)

    def test_name_is_stable_and_usable_in_an_id(self, connector: Connector) -> None:
        """The name is the first half of every document id, which ends at the first colon."""
        assert connector.name == connector.name
        assert connector.name
        assert ":" not in connector.name

    def test_fingerprint_is_stable(self, connector: Connector) -> None:
        """Nothing but a setting changes the fingerprint; listing and reading do not."""
        before = connector.fingerprint
        self._documents(connector)
        assert before
        assert connector.fingerprint == before

    def test_listing_twice_gives_equal_entries(self, connector: Connector) -> None:
        """An unchanged source costs no reading."""
        first = connector.list()
        assert len(first.entries) >= 2, "the fixture's source must hold at least two documents"
        assert connector.list(first.cursor).entries == first.entries
        assert connector.list().entries == first.entries

    def test_lists_every_path_once(self, connector: Connector) -> None:
        """A path is an identity."""
        paths = [entry.path for entry in connector.list().entries]
        assert len(paths) == len(set(paths))

    def test_paths_are_relative_with_forward_slashes(self, connector: Connector) -> None:
        """A path names a place inside the source on every system."""
        for entry in connector.list().entries:
            path = PurePosixPath(entry.path)
            assert entry.path
            assert not path.is_absolute()
            assert ".." not in path.parts
            assert "\\" not in entry.path
            assert entry.state

    def test_documents_belong_to_the_source_and_keep_their_path(self, connector: Connector) -> None:
        """Document and entry name the same thing."""
        for entry, document in self._documents(connector):
            assert document.source == connector.name
            assert document.path == entry.path
            assert document.id == f"{connector.name}:{entry.path}"
            assert document.uri
            assert document.title.strip()

    def test_every_document_names_its_readers_or_nobody(self, connector: Connector) -> None:
        """Access is a checked list of tokens, never something that could be read as no restriction."""
        for _, document in self._documents(connector):
            assert isinstance(document.access, Access)
            assert parse_access(document.access.readers, document.access.denied) == document.access
            assert isinstance(document.tenant, str)

    def test_reading_is_deterministic(self, connector: Connector) -> None:
        """The same entry gives the same document."""
        for entry, document in self._documents(connector):
            again = connector.read(entry)
            assert again.content_hash == document.content_hash
            assert again == document

    def test_text_can_be_stored_and_counted_in_lines(self, connector: Connector) -> None:
        """Text survives UTF-8, holds something, and has one kind of line end, so that lines agree everywhere."""
        for _, document in self._documents(connector):
            assert document.text.strip()
            assert document.text.encode("utf-8").decode("utf-8") == document.text
            assert "\r" not in document.text
            assert "\0" not in document.text
            assert not document.text.startswith("\ufeff")
            assert document.first_line >= 1

    def test_page_starts_lie_in_the_text_in_order(self, connector: Connector) -> None:
        """Each offset finds the page of a citation."""
        for _, document in self._documents(connector):
            starts = document.page_starts
            assert list(starts) == sorted(starts)
            assert all(0 <= start <= len(document.text) for start in starts)
            assert not starts or starts[0] == 0

    def test_metadata_holds_scalars(self, connector: Connector) -> None:
        """Metadata can be filtered by in every index."""
        for _, document in self._documents(connector):
            for name, value in document.metadata.items():
                assert isinstance(name, str)
                assert isinstance(value, str | int | float | bool)

    def test_a_moment_has_a_timezone(self, connector: Connector) -> None:
        """Validity is compared in UTC."""
        for _, document in self._documents(connector):
            for moment in (document.valid_from, document.valid_until):
                assert moment is None or moment.tzinfo is not None

    @pytest.mark.parametrize(
        "path", ["no/such/document.md", "../outside.md", "/etc/passwd", ".hidden.md", "a/../../b.md"]
    )
    def test_a_path_outside_the_listing_cannot_be_read(self, connector: Connector, path: str) -> None:
        """Reading reaches no further than listing, even with the state of a real document."""
        real = connector.list().entries[0]
        with pytest.raises(ReadError):
            connector.read(Entry(path=path, state=real.state))

    def test_equal_settings_make_equal_connectors(self, connector: Connector) -> None:
        """A listing does not change what a connector is."""
        before = repr(connector)
        self._documents(connector)
        assert repr(connector) == before

    def _documents(self, connector: Connector) -> list[tuple[Entry, Document]]:
        return [(entry, connector.read(entry)) for entry in connector.list().entries]
