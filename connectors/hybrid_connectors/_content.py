"""A file's bytes as canonical text, title and fields: the one way in for folders, repositories and web sites."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from hybrid_connectors import _front_matter, _parsing
from hybrid_connectors._fields import Fields, parse_fields
from hybrid_connectors._media import HTML, MARKDOWN, PARSED, RST, WITH_FRONT_MATTER
from hybrid_connectors._text import decode
from hybrid_connectors._titles import markdown_title, rst_title


@dataclass(frozen=True, kw_only=True)
class Content:
    """What was found in one document's bytes."""

    text: str
    """Canonical text."""

    media_type: str
    """Media type of the original."""

    fallback_title: str
    """Title where the content has none: the file's stem."""

    title: str | None = None
    """Title found in the content."""

    fields: Fields = Fields()
    """What the document says about itself."""

    first_line: int = 1
    """Line of the file at which ``text`` begins."""

    page_starts: tuple[int, ...] = ()
    """Offset in ``text`` at which each page begins."""


def read_content(
    path: str, data: bytes, media_type: str, *, parse_seconds: float, front_matter: bool = True
) -> Content:
    """Return the canonical text of a file and what its front matter says.

    Args:
        path: Path of the file; its stem stands in for a missing title.
        data: The file's bytes.
        media_type: What they are.
        parse_seconds: Time for a parser.
        front_matter: Whether the file may say who reads it; a web page may not.

    Raises:
        ReadError: The bytes are not what the media type says, the front matter is broken, or the file is over a limit.
    """
    stem = PurePosixPath(path).stem or path
    if media_type in PARSED and media_type != HTML:
        parsed = _parsing.parse(data, media_type, path, seconds=parse_seconds)
        return Content(
            text=parsed.text,
            media_type=media_type,
            title=parsed.title,
            fallback_title=stem,
            page_starts=parsed.page_starts,
        )
    text = decode(data, path)
    split = front_matter and media_type in WITH_FRONT_MATTER
    front = _front_matter.split(text, path) if split else _front_matter.FrontMatter(body=text)
    fields = parse_fields(front.values, lambda name: f"{path}:{front.lines.get(name, 1)}")
    if media_type == HTML:
        parsed = _parsing.parse(front.body.encode(), HTML, path, seconds=parse_seconds)
        return Content(text=parsed.text, media_type=HTML, title=parsed.title, fallback_title=stem, fields=fields)
    return Content(
        text=front.body,
        media_type=media_type,
        title=_title(front.body, media_type),
        fallback_title=stem,
        fields=fields,
        first_line=front.first_line,
    )


def _title(text: str, media_type: str) -> str | None:
    if media_type == MARKDOWN:
        return markdown_title(text)
    return rst_title(text) if media_type == RST else None
