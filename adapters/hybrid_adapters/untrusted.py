"""Folders that others wrote: refused before anything in them is read that could run, and their settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from hybrid.errors import ModelFilesError

_PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz"})
_CODE = frozenset({".py", ".pyc", ".so", ".dll", ".dylib"})
_LARGEST_SETTINGS = 4 * 2**20


def refuse_code(folder: Path) -> None:
    """Refuse a folder in which anything could run while it is loaded.

    Raises:
        ModelFilesError: It holds a pickle, code, or settings that name code; the message names the file.
    """
    for file in sorted(folder.rglob("*")):
        kind = file.suffix.lower()
        if kind in _PICKLES:
            raise ModelFilesError(f"{file} can run code when it is loaded; convert the weights to safetensors")
        if kind in _CODE:
            raise ModelFilesError(f"{file} is code, and models bring none here; take one that transformers knows")
    for file in sorted(folder.rglob("*.json")):
        if "config" in file.name and "auto_map" in _keys(read_settings(file)):
            raise ModelFilesError(f"{file} names code to run (auto_map); take a model that transformers knows")


def read_settings(file: Path) -> dict[str, Any]:
    """Return the settings in a JSON file.

    Raises:
        ModelFilesError: It is absent, too large, or no JSON object.
    """
    try:
        if file.stat().st_size > _LARGEST_SETTINGS:
            raise ModelFilesError(f"{file} is larger than any settings are; look at what it is")
        found: Any = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelFilesError(f"{file} is missing; name the folder that save_pretrained() wrote") from None
    except (OSError, ValueError, RecursionError):
        raise ModelFilesError(f"{file} cannot be read as JSON; save the model again") from None
    if not isinstance(found, dict):
        raise ModelFilesError(f"{file} holds no settings; save the model again")
    return cast("dict[str, Any]", found)


def canonical(value: Any) -> str:
    """Return JSON values as text that is equal where they mean the same: tables and lists of names have no order."""
    return json.dumps(_ordered(value), sort_keys=True, ensure_ascii=False)


def _ordered(value: Any) -> Any:
    match value:
        case list():
            items = cast("list[Any]", value)
            return sorted(items) if all(isinstance(item, str) for item in items) else [_ordered(item) for item in items]
        case dict():
            table = cast("dict[str, Any]", value)
            return {key: _ordered(inner) for key, inner in table.items()}
        case _:
            return value


def _keys(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in cast("dict[str, Any]", value).items():
                yield key
                yield from _keys(inner)
        case list():
            for inner in cast("list[Any]", value):
                yield from _keys(inner)
        case _:
            return
