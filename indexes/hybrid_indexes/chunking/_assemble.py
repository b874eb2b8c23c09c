"""From a span to a chunk: its places in the document, and what the embedder and BM25 see of it."""

from __future__ import annotations

from collections.abc import Iterable

from hybrid.types import Chunk, Document
from hybrid_indexes.chunking._places import Places

_WITHIN = " > "


class Assembler:
    """Makes the chunks of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._places = Places(document)

    def chunk(self, start: int, end: int, path: tuple[str, ...], body: str) -> Chunk:
        """Return the chunk of a span that is not blank.

        Args:
            start: Offset of its first character.
            end: Offset after its last character, which is not blank.
            path: Headings above it, outermost first.
            body: Its text without markup noise and without the headings that ``path`` names.
        """
        text = self._document.text[start:end]
        return Chunk(
            start=start,
            end=end,
            text=text,
            indexed_text=self._under_its_headings(path, body) or text,
            heading_path=path,
            lines=self._places.lines(start, end),
            pages=self._places.pages(start, end),
        )

    def _under_its_headings(self, path: Iterable[str], body: str) -> str:
        # A title made of a file's name is left out: it would give a renamed file other vectors.
        steps = [self._document.title, *path] if self._document.title_in_text else list(path)
        head = _WITHIN.join(dict.fromkeys(step for step in steps if step))
        return "\n".join(part for part in (head, body) if part)
