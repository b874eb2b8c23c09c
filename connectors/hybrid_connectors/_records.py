"""Records (JSON lines, database rows) as content: a text and fields beside it."""

from __future__ import annotations

from collections.abc import Mapping

from hybrid.errors import ParseError
from hybrid_connectors._content import Content
from hybrid_connectors._fields import parse_fields
from hybrid_connectors._media import PLAIN
from hybrid_connectors._text import canonical


def record_content(path: str, text: object, values: Mapping[str, object], where: str) -> Content:
    """Return the content of a record.

    Args:
        path: Path of the record, which stands in for a missing title.
        text: What the record has for its text. Blank text gives way to the title, so that a record that is all title
            can be found and cited.
        values: All other fields; ``media_type`` decides how the text is cut.
        where: Names the record in messages.

    Raises:
        ReadError: The text is missing or a field is unusable.
    """
    if text is not None and not isinstance(text, str):
        raise ParseError(f"{where}: text is a {type(text).__name__}; make it text")
    media_type = values.get("media_type")
    fields = parse_fields({name: value for name, value in values.items() if name != "media_type"}, lambda _: where)
    return Content(
        text=canonical(text) if text and text.strip() else fields.title or "",
        media_type=media_type if isinstance(media_type, str) and "/" in media_type else PLAIN,
        title=fields.title,
        fallback_title=path.rsplit("/", 1)[-1] or path,
        fields=fields,
    )
