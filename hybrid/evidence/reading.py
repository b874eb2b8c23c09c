"""A unit of evidence as it reads by itself: with what stands above it for the scores, without markup for people."""

from __future__ import annotations

import re
import unicodedata

from hybrid.types import Evidence

_BULLET = re.compile(r"(?:[-*+•]|\d{1,9}[.)])[ \t]+")
_BOLD = re.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*")
# Controls, formatting (zero-width, bidirectional, tags) and halves of characters.
_SHAPELESS = frozenset({"Cc", "Cf", "Cs"})
_LIKE_A_MARKER = re.compile(r"\[(\d+)\]")


def in_context(unit: Evidence) -> str:
    """Return the text of a unit together with its heading, and with the head of its table or list.

    Example of a row: ``Plans Plan: Paddle; Paid monthly: €39``.
    """
    return " ".join((*unit.passage.heading_path[-1:], explained(unit)))


def explained(unit: Evidence) -> str:
    """Return the text of a unit with the head of its table or list."""
    if (row := _named_cells(unit.text, unit.context)) is not None:
        return row
    return f"{unit.context} {unit.text}" if unit.context else unit.text


def plain(text: str, head: str = "") -> str:
    r"""Return a quote as plain text on one line, a row's cells with their names; code keeps its lines.

    A document's own ``[2]`` gets blanks inside, which change the meaning of neither prose nor code: in an answer, only
    what points at a citation looks like a marker. Characters without a shape, which can hide words or turn them round,
    are left out.

    Example:
        >>> plain("- It **expires**\n  after 7 days"), plain("| Paddle | €39 | |"), plain("As Meyer [2] says")
        ('It expires after 7 days', 'Paddle | €39', 'As Meyer [ 2 ] says')
        >>> plain("| Paddle | €39 |", head="| Plan | Monthly |")
        'Plan: Paddle; Monthly: €39'

    Args:
        text: The quote.
        head: The row above the table's rule, where the quote is a row below it.
    """
    text = _without_hidden(text)
    if text.startswith(("```", "~~~")):
        return _without_markers(text)
    line = _named_cells(text, _without_hidden(head)) or _row(text) or _without_bullet(text)
    return _without_markers(_BOLD.sub(r"\1", " ".join(line.split())))


def _without_hidden(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each for each in text if each.isspace() or unicodedata.category(each) not in _SHAPELESS)


def _named_cells(row: str, head: str) -> str | None:
    names, cells = _cells(head), _cells(row)
    if len(cells) < 2 or len(names) != len(cells):
        return None
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)


def _row(text: str) -> str:
    cells = _cells(text)
    return " | ".join(cell for cell in cells if cell) if len(cells) > 1 else ""


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")] if row.startswith("|") else []


def _without_markers(text: str) -> str:
    return _LIKE_A_MARKER.sub(r"[ \1 ]", text)


def _without_bullet(text: str) -> str:
    bullet = _BULLET.match(text)
    return text[bullet.end() :] if bullet else text
