"""Files of rows read to the end, with everything that is wrong in them; or strictly, up to the first fault."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from hybrid.access import access_set
from hybrid.errors import AccessError, RowsError
from hybrid.evaluation.jsonl import first_fault
from hybrid_adapters.datasets.records import MODELS, Chat, Form, Preference, Record, form_of
from hybrid_adapters.rows.example import Example, example_files, review_fault

_BUILT = "prompt_hash"
_USUAL: Form = "example"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A line that is no row."""

    file: Path
    """The file."""

    line: int
    """Its number in the file, from 1."""

    id: str
    """Its name, as far as it has one."""

    reason: str
    """What is wrong, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """What stands in files."""

    records: tuple[Record, ...]
    """The rows, in order."""

    faults: tuple[Fault, ...]
    """Lines that are none."""


def load_records(paths: Iterable[Path]) -> list[Record]:
    """Return the rows of files, and of all ``*.jsonl`` below folders, in order.

    Raises:
        RowsError: A file cannot be read, or a line is no row; the message names the first one and counts the others.
    """
    read = read_records(paths)
    if read.faults:
        first, more = read.faults[0], len(read.faults) - 1
        others = f" (and {more} more; hybrid data check names all)" if more else ""
        raise RowsError(f"{first.file}:{first.line}: {first.reason}{others}")
    return list(read.records)


def read_records(paths: Iterable[Path]) -> Read:
    """Return the rows of files and what is wrong with lines that are none; a broken line hides no other.

    Raises:
        RowsError: A file cannot be read at all, or is empty.
    """
    records: list[Record] = []
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    for file in example_files(paths):
        for found in _read(file):
            if isinstance(found, Record) and (first := seen.setdefault(found.id, found.place)) != found.place:
                found = _fault(found, f"id {found.id!r} is already used at {first}; ids must be distinct")
            if isinstance(found, Record):
                records.append(found)
            else:
                faults.append(found)
    return Read(records=tuple(records), faults=tuple(faults))


def record_of(file: Path, number: int, line: str) -> Record:
    """Return the row that a line is.

    Raises:
        RowsError: It is none; the message says why.
    """
    encoded = line.encode()
    found = _record(file, number, encoded, _form(encoded) or _USUAL)
    if isinstance(found, Fault):
        raise RowsError(f"{file}:{number}: {found.reason}")
    return found


def _read(file: Path) -> list[Record | Fault]:
    lines = list(_lines(file))
    forms = Counter(form for _, line in lines if (form := _form(line)) is not None)
    # Examples are what people write; a tie is theirs.
    main: Form = _USUAL if not forms else max(MODELS, key=lambda form: (forms[form], form == _USUAL))
    return [_record(file, number, line, main) for number, line in lines]


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        content = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise RowsError(f"{file}: cannot be read ({error.strerror}); give the path of an existing file") from error
    if not content.strip():
        raise RowsError(f"{file}: the file is empty; write at least one row")
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _form(line: bytes) -> Form | None:
    fields = _object(line)
    return None if fields is None else form_of(fields)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def _record(file: Path, number: int, line: bytes, main: Form) -> Record | Fault:
    fields = _object(line) or {}
    name = str(fields.get("id", ""))
    form = form_of(fields) or main
    if _BUILT in fields:
        reason = "is a row that hybrid data build made; name the file of examples that it was made from"
        return Fault(file=file, line=number, id=name, reason=reason)
    if form != main:
        reason = f"mixed formats: a {form} among {main}s; keep each form of row in a file of its own"
        return Fault(file=file, line=number, id=name, reason=reason)
    try:
        row = MODELS[main].model_validate_json(line)
    except ValidationError as error:
        return Fault(file=file, line=number, id=name, reason=first_fault(error, MODELS[main]))
    record = Record(form=main, row=row, file=file, line=number)
    reason = _review_fault(record) or _form_fault(record)
    return _fault(record, reason) if reason else record


def _review_fault(record: Record) -> str:
    row = record.row
    fault = review_fault(row.author, row.reviewer, row.second_reviewer, row.decision)
    return f"row {row.id!r} {fault}" if fault else ""


def _form_fault(record: Record) -> str:
    match record.row:
        case Example() as example:
            try:
                access_set(example.principal)
            except AccessError as error:
                return str(error)
            return ""
        case Chat() as chat:
            return _roles_fault([message.role for message in chat.messages], ends_with="assistant")
        case Preference() as pair:
            if pair.chosen == pair.rejected:
                return "prefers a reply to itself; there is nothing to learn in it"
            return _roles_fault([message.role for message in pair.prompt], ends_with="user")


def _roles_fault(roles: list[str], *, ends_with: str) -> str:
    """Return what is wrong with a chat's order: perhaps a system message, then user and assistant by turns."""
    turns = roles[1:] if roles[0] == "system" else roles
    wanted = ["user" if at % 2 == 0 else "assistant" for at in range(len(turns))]
    if turns and turns == wanted and turns[-1] == ends_with:
        return ""
    return f"has the messages {', '.join(roles)}; a chat is (system,) user and assistant by turns, {ends_with} last"


def _fault(record: Record, reason: str) -> Fault:
    return Fault(file=record.file, line=record.line, id=record.id, reason=reason)
