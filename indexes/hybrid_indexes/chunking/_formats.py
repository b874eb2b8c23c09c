"""How each kind of text is read: its blocks, and what of it is noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hybrid_indexes.chunking._blocks import Block
from hybrid_indexes.chunking._clean import clean_markdown, clean_nothing, clean_rst
from hybrid_indexes.chunking._markdown import markdown_blocks
from hybrid_indexes.chunking._plain import plain_blocks

_OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class TextFormat:
    """How a kind of text is read."""

    blocks: Callable[[str], list[Block]]
    """From a text to its blocks, which together are all of it."""

    clean: Callable[[str], str]
    """From a piece of text to what a reader sees of it."""


_MARKDOWN = TextFormat(markdown_blocks, clean_markdown)
_RST = TextFormat(plain_blocks, clean_rst)
_PLAIN = TextFormat(plain_blocks, clean_nothing)
_TABLE = TextFormat(lambda text: [Block("table", 0, len(text))], clean_nothing)
_CODE = TextFormat(lambda text: [Block("code", 0, len(text))], clean_nothing)

_BY_MEDIA_TYPE = {
    "text/markdown": _MARKDOWN,
    "text/html": _MARKDOWN,
    "text/x-rst": _RST,
    "text/plain": _PLAIN,
    "application/pdf": _PLAIN,
    "text/csv": _TABLE,
    "text/tab-separated-values": _TABLE,
}


def format_of(media_type: str) -> TextFormat:
    """Return how a text is read whose original had this media type; what is unknown is read as code.

    The text of web pages and office files has been turned into Markdown by the time it is cut.
    """
    if media_type.startswith(_OFFICE):
        return _MARKDOWN
    return _BY_MEDIA_TYPE.get(media_type, _CODE)
