"""What the commands of ``hybrid adapter`` share: where the registry is, and how versions look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from hybrid import _plugins
from hybrid._cli._display import plain
from hybrid._cli._opening import config_file
from hybrid.config import AnswerSettings, load_settings


def registry_folder(named: Path | None, config: Path | None) -> Path:
    """Return the registry's folder: the one named, else what the configuration says, else ``./adapters``.

    Raises:
        ConfigError: The configuration does not make sense, or the one that was named is absent.
    """
    return named if named is not None else configured_answer(config).adapters


def configured_answer(config: Path | None) -> AnswerSettings:
    """Return how answers are configured; by default, where there is no configuration and none was named.

    Raises:
        ConfigError: The configuration does not make sense, or the one that was named is absent.
    """
    file = config_file(config)
    return load_settings(file).answer if config is not None or file.is_file() else AnswerSettings()


def report(name: str, *arguments: object) -> Any:
    """Return what a function of the registry's reports says, as JSON values.

    Raises:
        ModelFilesError: A version is absent or damaged.
    """
    return _plugins.load(f"hybrid_adapters.registry.reports:{name}")(*arguments)


def table_of(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a calm table: no borders, names in front."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text(plain("" if cell is None else str(cell))) for cell in row))
    return table


def fields_table(fields: Mapping[str, object]) -> Table:
    """Return names and values below each other, those without a value left out."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column()
    for name, value in fields.items():
        if value not in (None, ""):
            table.add_row(Text(plain(name)), Text(plain(str(value))))
    return table
