"""Values as TOML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import tomli_w


def to_toml(table: Mapping[str, Any]) -> str:
    """Return a table as TOML; what is None is left out, since TOML has no word for it, and paths are strings."""
    return tomli_w.dumps(_table(table))


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(value) for key, value in table.items() if value is not None}


def _value(value: object) -> Any:
    match value:
        case Path():
            return str(value)
        case Mapping():
            return _table(cast("Mapping[str, Any]", value))
        case list() | tuple():
            return [_value(each) for each in cast("list[Any]", value)]
        case _:
            return value
