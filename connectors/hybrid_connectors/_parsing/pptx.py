"""PowerPoint as Markdown: one page per slide with its title, text, tables and speaker notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

import pptx

from hybrid_connectors._parsing.archive import check_office
from hybrid_connectors._parsing.clean import clean, table
from hybrid_connectors._parsing.parsed import Parsed

_BETWEEN_SLIDES = "\n\n"


def parse(data: bytes) -> Parsed:
    """Return the readable text of a .pptx file; a hidden slide keeps its page number but not its text."""
    check_office(data)
    presentation: Any = pptx.Presentation(io.BytesIO(data))
    slides = ["\n\n".join(_blocks(slide)) for slide in presentation.slides]
    starts, offset = list[int](), 0
    for slide in slides:
        starts.append(offset)
        offset += len(slide) + len(_BETWEEN_SLIDES)
    given = " ".join(clean(presentation.core_properties.title).split())
    title = None if given in ("", "PowerPoint Presentation") else given
    return Parsed(
        text=_BETWEEN_SLIDES.join(slides),
        title=title or next((slide[2:].partition("\n")[0] for slide in slides if slide.startswith("# ")), None),
        page_starts=tuple(starts),
    )


def _blocks(slide: Any) -> Iterator[str]:
    if slide._element.get("show") in ("0", "false"):
        return
    heading = slide.shapes.title
    if heading is not None and (text := " ".join(clean(heading.text_frame.text).split())):
        yield f"# {text}"
    for shape in _leaves(slide.shapes):
        if heading is None or shape.shape_id != heading.shape_id:
            yield from filter(None, [_shape(shape)])
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if notes is not None and (text := clean(notes.text).strip()):
        yield f"Notes: {text}"


def _leaves(shapes: Iterable[Any]) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _leaves(shape.shapes)
        else:
            yield shape


def _shape(shape: Any) -> str:
    if shape.has_table:
        return table([[cell.text for cell in row.cells] for row in shape.table.rows])
    if not shape.has_text_frame:
        return ""
    paragraphs = [paragraph for paragraph in shape.text_frame.paragraphs if paragraph.text.strip()]
    lines = [" ".join(clean(paragraph.text).split()) for paragraph in paragraphs]
    if shape.is_placeholder and len(lines) > 1:
        lines = ["  " * paragraph.level + "- " + line for paragraph, line in zip(paragraphs, lines, strict=True)]
    return "\n".join(lines)
