"""The review of rows: who may decide about which row, and each decision on the disk at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid._files import replace_file
from hybrid.contract import Contract
from hybrid.errors import RowsError
from hybrid_adapters.datasets.files import locked
from hybrid_adapters.datasets.formats import reply_fault
from hybrid_adapters.datasets.journal import Action, append_entry, begin_entry, new_entry, read_journal
from hybrid_adapters.datasets.reading import load_records, record_of
from hybrid_adapters.datasets.records import Record
from hybrid_adapters.rows.example import name_key
from hybrid_adapters.rows.splitting import draw

SAMPLE = 50
"""How many rows, drawn at random, are read first."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a review is."""

    waiting: int
    """Rows that this reviewer may decide about."""

    sampled: int
    """How many of the rows that are read first are among them."""

    approved: int
    """Rows of the file that may be trained on."""

    rejected: int
    """Rows of the file that will not be."""

    of_sample: Mapping[str, int]
    """What became of the rows that are read first: ``approved``, ``edited``, ``rejected``."""


class Review:
    """One reviewer's review of a file; any number of people may review it at once.

    A decision stands in the journal beside the file, then in the file, both written through to the disk. A program that
    is killed between the two is completed by the next review.

    Args:
        path: The file of rows.
        reviewer: Who decides.
        two_reviewers: Whether two people have to approve a row, neither of whom wrote it.
        contract: What replies of examples have to be; a row that is not cannot be approved.
        seed: Decides which rows are read first.

    Raises:
        RowsError: The file or its journal cannot be used, or the reviewer has no name.
        StorageError: The disk is full or refuses.
    """

    def __init__(
        self,
        path: Path,
        reviewer: str,
        *,
        two_reviewers: bool = False,
        contract: Contract[Any] | None = None,
        seed: int = 0,
    ) -> None:
        if not reviewer.strip() or "," in reviewer:
            raise RowsError(f"reviewer {reviewer!r} is no name; give one, without a comma")
        self.path = path
        self.reviewer = reviewer.strip()
        self._two = two_reviewers
        self._contract = contract
        with locked(path):
            self._complete()
            if read_journal(path).sample() is None:
                ids = [record.id for record in load_records([path]) if self._refusal(record) is None]
                drawn = sorted(ids, key=lambda name: draw(seed, "review", name))[:SAMPLE]
                append_entry(path, begin_entry(self.reviewer, drawn))

    def next(self, skipped: frozenset[str] = frozenset()) -> Record | None:
        """Return the row to decide about: first those drawn, then the others in order; None where none is left."""
        waiting = {record.id: record for record in self._waiting() if record.id not in skipped}
        sample = read_journal(self.path).sample() or ()
        return next((waiting[name] for name in sample if name in waiting), next(iter(waiting.values()), None))

    def progress(self) -> Progress:
        """Return how far the review is."""
        records, journal = load_records([self.path]), read_journal(self.path)
        sample = set(journal.sample() or ())
        edited = {entry.id for entry in journal.entries if entry.action == "edit"} & sample
        waiting = [record.id for record in records if self._refusal(record) is None]
        decided = [record for record in records if record.id in sample]
        return Progress(
            waiting=len(waiting),
            sampled=len(sample & set(waiting)),
            approved=sum(record.approved for record in records),
            rejected=sum(record.row.decision == "rejected" for record in records),
            of_sample={
                "approved": sum(record.approved for record in decided),
                "edited": len(edited),
                "rejected": sum(record.row.decision == "rejected" for record in decided),
            },
        )

    def approve(self, shown: Record) -> Record:
        """Approve a row, or approve it as the first of two; return it as it stands now.

        Raises:
            RowsError: The reviewer wrote or approved it already, it breaks its contract, or was changed meanwhile.
        """
        self._require(shown)
        if fault := reply_fault(shown, self._contract):
            raise RowsError(f"{shown.place}: {fault}; edit it before it is approved")
        row = shown.row
        if not self._two:
            return self._decide("approve", shown, reviewer=self.reviewer, second_reviewer=None, decision="approved")
        if row.reviewer is None:
            return self._decide("approve", shown, reviewer=self.reviewer, decision="open")
        return self._decide("approve", shown, second_reviewer=self.reviewer, decision="approved")

    def reject(self, shown: Record) -> Record:
        """Reject a row; it stays in the file and trains nothing.

        Raises:
            RowsError: It is not this reviewer's to decide about, or was changed meanwhile.
        """
        self._require(shown)
        return self._decide("reject", shown, reviewer=self.reviewer, second_reviewer=None, decision="rejected")

    def edit(self, shown: Record, fields: Mapping[str, Any]) -> Record:
        """Put other fields in the place of a row's; it is open again, and the reviewer one of its authors.

        Raises:
            RowsError: They are no such row, or the row was changed meanwhile; nothing was changed.
        """
        self._require(shown)
        authors = [name.strip() for name in str(fields.get("author", "")).split(",") if name.strip()]
        if name_key(self.reviewer) not in {name_key(name) for name in authors}:
            authors.append(self.reviewer)
        new = {
            **fields,
            "author": ", ".join(authors),
            "reviewer": None,
            "second_reviewer": None,
            "decision": "open",
        }
        if new.get("id") != shown.id:
            raise RowsError(f"the row is called {new.get('id')!r} now; leave its id {shown.id!r} as it is")
        return self._change("edit", shown, lambda old: new)

    def undo(self) -> Record:
        """Take this reviewer's last decision back; return the row as it stands now.

        Raises:
            RowsError: There is none, or the row was changed since.
        """
        with locked(self.path):
            last = read_journal(self.path).open_to_undo(self.reviewer)
            if last is None:
                raise RowsError(f"{self.path}: {self.reviewer!r} has decided nothing that could be undone")
            return self._replace("undo", last.id, last.after, last.before)

    def _waiting(self) -> list[Record]:
        return [record for record in load_records([self.path]) if self._refusal(record) is None]

    def _refusal(self, record: Record) -> str | None:
        """Return why a row is not this reviewer's to decide about."""
        row, me = record.row, name_key(self.reviewer)
        if row.decision == "rejected":
            return "is rejected"
        if not self._two:
            return "is approved" if row.decision == "approved" else None
        if row.second_reviewer:
            return "is approved by two"
        if me in {name_key(name) for name in row.author.split(",")}:
            return f"was written by {self.reviewer!r}, and nobody approves their own where two are asked for"
        return "was approved by the same person already" if row.reviewer and name_key(row.reviewer) == me else None

    def _require(self, record: Record) -> None:
        if reason := self._refusal(record):
            raise RowsError(f"{record.place}: row {record.id!r} {reason}")

    def _decide(self, action: Action, shown: Record, **changes: Any) -> Record:
        if shown.row.second_reviewer is None and changes.get("second_reviewer", "") is None:
            del changes["second_reviewer"]
        return self._change(action, shown, lambda old: {**old, **changes})

    def _change(self, action: Action, shown: Record, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Record:
        with locked(self.path):
            line = self._line_of(shown)
            after = json.dumps(change(json.loads(line)), ensure_ascii=False)
            return self._replace(action, shown.id, line, after)

    def _line_of(self, shown: Record) -> str:
        """Return a row's line, if it is still what was shown."""
        now = next((record for record in load_records([self.path]) if record.id == shown.id), None)
        if now is None or now.row != shown.row:
            raise RowsError(f"{shown.place}: row {shown.id!r} was changed by somebody else; look at it again")
        return self._lines()[now.line - 1].rstrip("\r")

    def _replace(self, action: Action, name: str, before: str, after: str) -> Record:
        lines = self._lines()
        place = next((at for at, line in enumerate(lines) if line.rstrip("\r") == before), None)
        if place is None:
            raise RowsError(f"{self.path}: row {name!r} was changed since; nothing was done")
        record = record_of(self.path, place + 1, after)
        append_entry(self.path, new_entry(self.reviewer, action, name, before, after))
        lines[place] = after
        replace_file(self.path, "\n".join(lines))
        return record

    def _complete(self) -> None:
        """Write what a killed review had decided and not written."""
        entries = read_journal(self.path).entries
        last = next((entry for entry in reversed(entries) if entry.action != "begin"), None)
        if last is None:
            return
        lines = self._lines()
        found = [line.rstrip("\r") for line in lines]
        if last.after not in found and last.before in found:
            lines[found.index(last.before)] = last.after
            replace_file(self.path, "\n".join(lines))

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text("utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise RowsError(f"{self.path}: cannot be read as UTF-8; mend the file ({error})") from None
