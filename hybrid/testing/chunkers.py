"""What every chunker must do, as tests to inherit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hybrid.testing.knowledge import public_document

if TYPE_CHECKING:
    from hybrid.protocols import Chunker
    from hybrid.types import Document

_GUIDE = (
    """# Installing

Grüße 東京 🚲: bring a 5 mm key. Bring a 5 mm key. Bring a 5 mm key.

## Steps

1. Unpack the pump.

   Keep the seals dry.
2. Tighten the bolts:

   | bolt | torque |
   | --- | --- |
   | M5 | 12 Nm |

```python
def tighten(bolt):

    return bolt.torque
```

## Steps

Unpack the pump.
"""
    + "Rattling after start-up points to air in the pump. " * 60
)


def _documents() -> list[Document]:
    guide = replace(public_document("guide.md", _GUIDE), title="Pumps", media_type="text/markdown", first_line=5)
    windows = replace(guide, path="crlf.md", text=_GUIDE.replace("\n", "\r\n"))
    half = len(_GUIDE) // 2
    paged = replace(guide, path="guide.pdf", media_type="application/pdf", page_starts=(0, 40, half))
    return [guide, windows, paged, replace(guide, path="guide.txt", media_type="text/plain")]


class ChunkerContract:
    """Tests of the protocol ``Chunker``; inherit them and give a fixture ``chunker``.

    Example:
        >>> import pytest
        >>> from hybrid.testing.memory import ParagraphChunker
        >>> class TestParagraphChunker(ChunkerContract):
        ...     @pytest.fixture
        ...     def chunker(self):
        ...         return ParagraphChunker()
    """

    def test_chunks_are_verbatim_spans_and_none_is_blank(self, chunker: Chunker) -> None:
        """A citation points into the text, so a chunk is a stretch of it."""
        for document in _documents():
            for chunk in chunker.chunk(document):
                assert document.text[chunk.start : chunk.end] == chunk.text
                assert chunk.text.strip()
                assert chunk.indexed_text.strip()

    def test_chunks_come_in_order(self, chunker: Chunker) -> None:
        """Each begins after the one before began."""
        for document in _documents():
            starts = [chunk.start for chunk in chunker.chunk(document)]
            assert starts == sorted(set(starts))

    def test_nothing_that_is_not_blank_is_left_out(self, chunker: Chunker) -> None:
        """What is in no chunk can never be found."""
        for document in _documents():
            covered = 0
            for chunk in chunker.chunk(document):
                assert not document.text[covered : chunk.start].strip()
                covered = max(covered, chunk.end)
            assert not document.text[covered:].strip()

    def test_lines_are_those_of_the_original_file(self, chunker: Chunker) -> None:
        """Counted from the first line of the file, front matter included."""
        for document in _documents():
            for chunk in chunker.chunk(document):
                first = document.first_line + document.text.count("\n", 0, chunk.start)
                assert chunk.lines == (first, first + chunk.text.rstrip().count("\n"))

    def test_pages_are_those_of_first_and_last_character(self, chunker: Chunker) -> None:
        """And None where a document has no pages."""
        for document in _documents():
            for chunk in chunker.chunk(document):
                begun = [sum(start <= at for start in document.page_starts) for at in (chunk.start, chunk.end - 1)]
                assert chunk.pages == (tuple(begun) if document.page_starts else None)

    def test_a_blank_document_has_no_chunks(self, chunker: Chunker) -> None:
        """Rather than one that says nothing."""
        for text in ("", " \n\t\n"):
            for media_type in ("text/markdown", "text/plain", "text/x-python"):
                assert not chunker.chunk(replace(public_document("blank", text), media_type=media_type))

    def test_path_permissions_and_file_name_change_nothing(self, chunker: Chunker) -> None:
        """Renames and permission changes must cost no embedding."""
        document = replace(_documents()[0], title_in_text=False)
        renamed = replace(public_document("other.md", _GUIDE, readers=("group:x",)), title="other", title_in_text=False)
        renamed = replace(renamed, media_type="text/markdown", first_line=document.first_line)
        assert list(chunker.chunk(document)) == list(chunker.chunk(renamed))

    def test_a_title_of_the_content_is_indexed(self, chunker: Chunker) -> None:
        """Passages seldom name what the whole document is about."""
        document = replace(_documents()[0], title="Zwyx manual")
        assert all("Zwyx manual" in chunk.indexed_text for chunk in chunker.chunk(document))

    def test_fingerprint_is_stable(self, chunker: Chunker) -> None:
        """Using a chunker does not change what it is."""
        before = chunker.fingerprint
        chunker.chunk(_documents()[0])
        assert before == chunker.fingerprint != ""
