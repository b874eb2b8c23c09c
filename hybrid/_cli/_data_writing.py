"""How commands on rows write files and show lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hybrid._cli._display import plain
from hybrid._files import replace_file

_SHOWN = 20


def write_records(path: Path, records: Iterable[Any]) -> None:
    """Write rows as a file, all at once.

    Raises:
        StorageError: The disk is full or refuses; the file is as it was.
    """
    write_rows(path, (record.fields() for record in records))


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write JSON objects as lines of a file, all at once.

    Raises:
        StorageError: The disk is full or refuses; the file is as it was.
    """
    replace_file(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def titled_list(head: str, lines: Sequence[tuple[str, str]]) -> RenderableType:
    """Return a headline with what belongs to it, name by name."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    for name, text in lines[:_SHOWN]:
        table.add_row(Text(plain(name)), Text(plain(text)))
    if len(lines) > _SHOWN:
        table.add_row("...", f"{len(lines) - _SHOWN:,} more; --json names all")
    title = Text(plain(head), "bold")
    return Group(title, table) if lines else title
