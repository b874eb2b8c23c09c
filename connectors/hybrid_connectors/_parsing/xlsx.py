"""Excel as Markdown: each visible sheet a heading and a table, formulas as the values they had when saved."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import Any

import openpyxl

from hybrid_connectors._parsing.archive import check_office
from hybrid_connectors._parsing.clean import clean, table
from hybrid_connectors._parsing.parsed import Parsed


def parse(data: bytes) -> Parsed:
    """Return the readable text of an .xlsx file."""
    check_office(data)
    workbook: Any = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    blocks: list[str] = []
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible" and (rows := _rows(sheet)):
            blocks += [f"# {' '.join(clean(sheet.title).split())}", rows]
    title = " ".join(clean(workbook.properties.title or "").split())
    return Parsed(text="\n\n".join(blocks), title=title or None)


def _rows(sheet: Any) -> str:
    # The size that a file declares can be the whole grid; the rows themselves know better.
    sheet.reset_dimensions()
    return table(
        [[_shown(cell) for cell in row] for row in sheet.iter_rows() if any(cell.value is not None for cell in row)]
    )


def _shown(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        percent = str(cell.number_format or "").endswith("%")
        return f"{value * 100:.15g}%" if percent else f"{value:.15g}" if isinstance(value, float) else str(value)
    return str(value)
