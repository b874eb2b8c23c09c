"""What reviewers decided, line by line beside the file of rows; a line is on the disk before the file is changed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from hybrid.errors import RowsError, StorageError

Action = Literal["begin", "approve", "reject", "edit", "undo"]
"""What was done; ``begin`` draws the rows that are read first."""

_SUFFIX = ".reviews.jsonl"


class Entry(BaseModel):
    """One line of a journal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    moment: float
    """When, in seconds since 1970."""

    reviewer: str
    """Who."""

    action: Action
    """What was done."""

    id: str = ""
    """To which row."""

    before: str = ""
    """The row's line as it was."""

    after: str = ""
    """The row's line as it became."""

    sample: tuple[str, ...] = ()
    """Of ``begin``: the rows that are read first."""


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The decisions about the rows of a file."""

    path: Path
    """Where they stand."""

    entries: tuple[Entry, ...]
    """From first to last."""

    def open_to_undo(self, reviewer: str) -> Entry | None:
        """Return the last decision of a reviewer that was not undone."""
        stack: list[Entry] = []
        for entry in self.entries:
            if entry.reviewer != reviewer:
                continue
            if entry.action == "undo":
                stack.pop()
            elif entry.action != "begin":
                stack.append(entry)
        return stack[-1] if stack else None

    def sample(self) -> tuple[str, ...] | None:
        """Return the rows that are read first; None before the first review."""
        return next((entry.sample for entry in self.entries if entry.action == "begin"), None)


def journal_path(rows: Path) -> Path:
    """Return where the journal of a file of rows stands."""
    return rows.with_name(rows.name + _SUFFIX)


def read_journal(rows: Path) -> Journal:
    """Return the journal of a file of rows; a last line that a killed program left unfinished was no decision.

    Raises:
        RowsError: The journal cannot be read, or somebody changed it.
    """
    path = journal_path(rows)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Journal(path=path, entries=())
    except OSError as error:
        raise RowsError(f"{path}: cannot be read ({error.strerror}); mend its permissions") from error
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    return Journal(path=path, entries=tuple(_entry(line, f"{path}:{at}") for at, line in enumerate(lines, start=1)))


def append_entry(rows: Path, entry: Entry) -> None:
    """Write an entry; it is on the disk when this returns.

    Raises:
        StorageError: The disk is full or refuses; nothing was decided.
    """
    path = journal_path(rows)
    try:
        with path.open("r+b" if path.exists() else "w+b") as file:
            # What a killed program left unfinished would spoil the new line.
            whole = file.read().rfind(b"\n") + 1
            file.seek(whole)
            file.truncate()
            file.write(entry.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError(f"{str(path)!r} cannot be written: {error.strerror}; nothing was decided") from error


def new_entry(reviewer: str, action: Action, name: str, before: str, after: str) -> Entry:
    """Return an entry of this moment."""
    return Entry(moment=time.time(), reviewer=reviewer, action=action, id=name, before=before, after=after)


def begin_entry(reviewer: str, sample: Sequence[str]) -> Entry:
    """Return the entry with which the first review of a file begins."""
    return Entry(moment=time.time(), reviewer=reviewer, action="begin", sample=tuple(sample))


def _entry(line: bytes, place: str) -> Entry:
    try:
        return Entry.model_validate(json.loads(line))
    except (ValueError, ValidationError):
        raise RowsError(f"{place}: is no decision of a review; restore the journal, or move it away") from None
