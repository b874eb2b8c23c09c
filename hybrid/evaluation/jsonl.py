"""Lines of a JSONL file as checked rows; every fault is named with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hybrid.errors import GoldenError, InputError

_Row = TypeVar("_Row", bound=BaseModel)
_VALUE_SHOWN = 60


def read_lines(path: Path, *, failure: type[InputError] = GoldenError) -> Iterator[tuple[str, str]]:
    """Yield ``(file:line, text)`` for each line that is not blank.

    Args:
        path: The file.
        failure: Class of the error when it cannot be used.

    Raises:
        InputError: As ``failure``: the file is missing, unreadable, not UTF-8 or has no content.
    """
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise failure(f"{path}: cannot be read ({error.strerror}); give the path of an existing file") from error
    if not content.strip():
        raise failure(f"{path}: the file is empty; write at least one row")
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", _decoded(line, f"{path}:{number}", failure)


def read_rows(path: Path, model: type[_Row], *, failure: type[InputError] = GoldenError) -> Iterator[tuple[str, _Row]]:
    """Yield ``(file:line, row)`` for each line, checked against ``model``.

    Raises:
        InputError: As ``read_lines``, or a line is not JSON or not such a row.
    """
    for place, line in read_lines(path, failure=failure):
        try:
            yield place, model.model_validate_json(line)
        except ValidationError as error:
            raise failure(f"{place}: {first_fault(error, model)}") from error


def _decoded(line: bytes, place: str, failure: type[InputError]) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise failure(f"{place}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error


def first_fault(error: ValidationError, model: type[BaseModel]) -> str:
    """Return what is wrong with a row, in one line that says what to do."""
    fault = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "json_invalid":
        return f"broken JSON ({_reason(fault.get('ctx'))}); write one object on each line"
    if fault["type"] == "extra_forbidden":
        known = sorted(info.alias or name for name, info in model.model_fields.items())
        near = get_close_matches(field, known, n=1)
        return f"unknown field {field!r}; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}")
    if fault["type"] == "missing":
        return f"field {field!r} is missing; add it"
    value = repr(fault["input"])
    shown = value if len(value) <= _VALUE_SHOWN else value[:_VALUE_SHOWN] + "..."
    return f"{field or 'row'}: {fault['msg'][:1].lower()}{fault['msg'][1:]}, got {shown}"


def _reason(context: dict[str, Any] | None) -> str:
    return str((context or {}).get("error", "cannot be parsed"))
