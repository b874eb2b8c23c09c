"""Word as Markdown: headings, paragraphs, lists and tables in order, as they read once all changes are accepted."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx

from hybrid_connectors._parsing.archive import check_office
from hybrid_connectors._parsing.clean import clean, table
from hybrid_connectors._parsing.parsed import Parsed

_UNSEEN = frozenset({"del", "moveFrom", "Fallback", "pPr", "rPr", "instrText", "delText"})
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def parse(data: bytes) -> Parsed:
    """Return the readable text of a .docx file; headers, footers, deleted and hidden text are left out."""
    check_office(data)
    document: Any = docx.Document(io.BytesIO(data))
    styles = {style.style_id: style.name or "" for style in document.styles}
    blocks = list(_blocks(document.element.body, styles))
    heading = next((block.lstrip("# ") for block in blocks if block.startswith("#")), None)
    title = " ".join(clean(document.core_properties.title).split())
    return Parsed(text=_joined(blocks), title=title or heading)


def _blocks(parent: Any, styles: dict[str, str]) -> Iterator[str]:
    for element in parent.iterchildren():
        name = _name(element)
        if name == "p":
            yield _paragraph(element, styles)
        elif name == "tbl":
            yield table([[_cell(cell) for cell in _inside(row, "tc")] for row in _inside(element, "tr")])
        elif name not in _UNSEEN and name != "sectPr":
            yield from _blocks(element, styles)


def _paragraph(element: Any, styles: dict[str, str]) -> str:
    text = clean(_text(element)).strip()
    style = styles.get(element.style or "", "")
    if not text:
        return ""
    heading = _HEADING.fullmatch("heading 1" if style == "Title" else style)
    if heading:
        return "#" * min(int(heading.group(1)), 6) + " " + " ".join(text.split())
    numbering = element.pPr.numPr if element.pPr is not None else None
    if numbering is not None or style.startswith("List"):
        depth = numbering.ilvl.val if numbering is not None and numbering.ilvl is not None else 0
        return "  " * depth + "- " + text.replace("\n", " ")
    return text


def _text(element: Any) -> str:
    parts: list[str] = []
    for child in element.iterchildren():
        name = _name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name in _CHARACTERS:
            parts.append(_CHARACTERS[name])
        elif name not in _UNSEEN and not (name == "r" and _vanishes(child)):
            parts.append(_text(child))
    return "".join(parts)


def _vanishes(run: Any) -> bool:
    vanish = run.find("{*}rPr/{*}vanish")
    return vanish is not None and not any(value in ("0", "false") for value in vanish.attrib.values())


def _cell(element: Any) -> str:
    return " ".join(_text(paragraph) for paragraph in element.iterdescendants("{*}p"))


def _inside(element: Any, wanted: str) -> Iterator[Any]:
    """Rows or cells, also those that a content control or an accepted insertion wraps."""
    for child in element.iterchildren():
        name = _name(child)
        if name == wanted:
            yield child
        elif name in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _inside(child, wanted)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _joined(blocks: list[str]) -> str:
    text = ""
    for block in filter(None, blocks):
        in_list = block.lstrip().startswith("- ") and text.rpartition("\n")[2].lstrip().startswith("- ")
        text += ("\n" if in_list else "\n\n" if text else "") + block
    return text
