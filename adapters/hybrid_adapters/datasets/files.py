"""Files of rows that several programs write: one at a time, each change whole or not at all."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hybrid._files import locked, replace_file
from hybrid.errors import RowsError
from hybrid_adapters.rows.example import Example, load_examples


def append_example(path: Path, fields: Mapping[str, Any]) -> Example:
    """Add an example that nobody has approved yet to a file of examples, and return it; the file may be new.

    Any number of programs may do so at once; whoever is killed leaves the file as it was, or with the whole example.

    Args:
        path: The file.
        fields: The example's fields, ``as`` for who asks. Without an ``id`` it is given a new one.

    Raises:
        RowsError: It is no example, its id is taken, it says it was reviewed, or the file holds anything else.
        StorageError: The disk is full or refuses; the file is as it was.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> reply = {"status": "refused", "opening": "Sorry, I do not know.", "evidence": [], "closing": ""}
        >>> fields = {"id": "moon", "question": "How far is the moon?", "reply": reply}
        >>> append_example(folder / "new.jsonl", {**fields, "era": "2026-06", "author": "desk"}).decision
        'open'
    """
    example = _unapproved(path, fields)
    with locked(path):
        before = _content(path)
        if before and any(placed.example.id == example.id for placed in load_examples([path])):
            raise RowsError(f"{path}: id {example.id!r} is already used; give another one, or leave it out")
        replace_file(path, before + line_of(example.model_dump(mode="json", by_alias=True)))
    return example


def approved_counts(paths: Iterable[Path]) -> dict[Path, int]:
    """Return the number of approved examples by file, also where it is none.

    Raises:
        RowsError: A file cannot be read, or holds something else than examples.
    """
    counts: dict[Path, int] = {}
    for placed in load_examples(paths):
        counts[placed.file] = counts.get(placed.file, 0) + (placed.example.decision == "approved")
    return counts


def line_of(fields: Mapping[str, Any]) -> str:
    """Return a row as a line of a file."""
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _unapproved(path: Path, fields: Mapping[str, Any]) -> Example:
    named = {"id": f"{path.stem}-{uuid.uuid4().hex[:12]}", **fields}
    try:
        example = Example.model_validate(named)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise RowsError(f"{path}: the new row is no example at {where}: {first['msg'].lower()}; mend it") from None
    if example.decision != "open" or example.reviewer:
        raise RowsError(
            f"{path}: the new row {example.id!r} says it was reviewed; a new row is open: hybrid data review"
        )
    return example


def _content(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise RowsError(f"{path}: cannot be read ({error.strerror}); name another file") from None
    except UnicodeDecodeError as error:
        raise RowsError(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from None
    return text if not text or text.endswith("\n") else text + "\n"
