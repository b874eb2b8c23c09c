"""The check of a set of rows: everything that somebody has to mend before it trains anything, and what is measured."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from hybrid.contract import Contract
from hybrid.errors import RowsError
from hybrid.evaluation.jsonl import read_rows
from hybrid_adapters.datasets.collisions import Kept, collisions, leaks
from hybrid_adapters.datasets.findings import MEANINGS, Finding, finding
from hybrid_adapters.datasets.formats import format_findings
from hybrid_adapters.datasets.likeness import Embed, Questions, Remembering
from hybrid_adapters.datasets.measures import (
    NEEDED,
    Counts,
    Coverage,
    Lengths,
    Purpose,
    counts_of,
    coverage,
    lengths_of,
    nearest_likeness,
    purposes,
)
from hybrid_adapters.datasets.personal import personal_data
from hybrid_adapters.datasets.reading import load_records, read_records
from hybrid_adapters.datasets.records import Record, pointers_in
from hybrid_adapters.rows.example import name_key

LEAST_HELD_OUT = 20
"""Held-out rows below which a figure says nothing: of 20, one more or less is 5 points."""

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a step, how much of it is done, and how much there is."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """A question of production."""

    name: str
    """What reports call it."""

    text: str
    """The question."""


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """What rows are held against."""

    contract: Contract[Any] | None = None
    """What the replies of examples have to be; None checks fields alone."""

    purpose: Purpose | None = None
    """What the rows are to teach; None says of each purpose whether they are enough."""

    golden: Path | None = None
    """Golden file that no row may repeat."""

    held_out: Path | None = None
    """Rows that no row may repeat."""

    eras: tuple[str, ...] = ()
    """The policy eras that there are; none given means any."""

    live: Sequence[Live] = ()
    """Questions of production."""

    two_reviewers: bool = False
    """Whether two people other than the author have to approve a row."""


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """What a check found."""

    files: tuple[str, ...]
    """Names of the files."""

    counts: Counts
    """Numbers of rows."""

    purposes: dict[Purpose, str]
    """For each purpose, whether there are enough approved rows."""

    findings: tuple[Finding, ...]
    """What has to be mended, kind by kind, in the order of the rows."""

    lengths: Lengths
    """How long rows are."""

    nearest: tuple[float, ...]
    """For each row the cosine of the nearest other question."""

    coverage: Coverage | None
    """Whether rows ask what people ask; None where nobody said what people ask."""

    compared: int
    """Number of golden questions and held-out rows that no row may repeat."""

    seconds: float
    """How long it took."""

    @property
    def by_kind(self) -> dict[str, int]:
        """Number of findings of each kind, also where there are none."""
        counted = Counter(each.kind for each in self.findings)
        return {kind: counted[kind] for kind in MEANINGS}

    @property
    def good(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.findings


def check_rows(
    paths: Iterable[Path], options: CheckOptions, *, embed: Embed, progress: Progress = lambda step, done, total: None
) -> DataReport:
    """Return what is wrong with files of rows, to the last line; rejected rows are read and not compared.

    Near-duplicates are found by MinHash (Broder 1997) over letters three by three, and by embedding; what two questions
    differ in decides whether they ask the same.

    Args:
        paths: Files, and folders of files.
        options: What they are held against.
        embed: Makes unit vectors of texts.
        progress: Called as the steps go on.

    Raises:
        RowsError: A file cannot be read, or there are too few held-out rows to measure anything.
        MissingExtraError: The packages of the extra ``data`` are not installed.
    """
    started = time.perf_counter()
    paths = list(paths)
    embed = Remembering(embed)
    progress("reading", 0, None)
    read = read_records(paths)
    training, held = _divided(read.records)
    kept = [*_kept(options), *(Kept(name=record.id, text=record.question) for record in held)]
    progress("embedding", 0, None)
    questions = Questions([record.question for record in training], embed)
    progress("comparing", 0, None)
    found = [
        *format_findings(read.records, read.faults, options.contract, options.eras),
        *collisions(training, questions, options.contract, embed),
        *leaks(training, questions, kept, embed),
        *_personal(read.records),
        *(_reviews(read.records) if options.two_reviewers else ()),
        *_count(read.records, options.purpose),
    ]
    return DataReport(
        files=tuple(dict.fromkeys(str(path) for path in paths)),
        counts=(counts := counts_of(read.records)),
        purposes=purposes(counts.approved),
        findings=tuple(sorted(found, key=lambda each: list(MEANINGS).index(each.kind))),
        lengths=lengths_of(read.records),
        nearest=nearest_likeness(questions),
        coverage=_coverage(questions, options.live, embed),
        compared=len(kept),
        seconds=time.perf_counter() - started,
    )


def _divided(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Return the rows that train, and those that the files hold out themselves."""
    wanted = [record for record in records if record.row.decision != "rejected"]
    held = [record for record in wanted if getattr(record.row, "split", "train") == "held-out"]
    return [record for record in wanted if record not in held], held


class _Golden(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str
    question: str


def _kept(options: CheckOptions) -> Iterator[Kept]:
    if options.golden is not None:
        for _, row in read_rows(options.golden, _Golden):
            yield Kept(name=f"golden question {row.id!r}", text=row.question)
    if options.held_out is not None:
        records = load_records([options.held_out])
        require_held_out(len(records), str(options.held_out))
        for record in records:
            yield Kept(name=f"held-out row {record.id!r}", text=record.question)


def require_held_out(count: int, where: str) -> None:
    """Return if so many held-out rows measure something.

    Raises:
        RowsError: There are too few.
    """
    if count < LEAST_HELD_OUT:
        raise RowsError(
            f"{where}: {count} held-out rows measure nothing; at least {LEAST_HELD_OUT} are needed, 100 are better: "
            "hold more out, or write more rows"
        )


def _personal(records: Iterable[Record]) -> Iterator[Finding]:
    for record in records:
        kinds = {found.kind: None for found in personal_data(_spoken(record))}
        quotes = "\n".join(quote for _, quote in pointers_in(record.reply))
        kinds |= {found.kind: None for found in personal_data(quotes, quoted=True)}
        if kinds:
            yield finding("personal", record, f"holds {', '.join(kinds)}; write it without")


def _spoken(record: Record) -> str:
    """Return all texts of a row but quotes of documents and the names of who made it."""
    fields = record.fields()
    for name in ("id", "era", "author", "reviewer", "second_reviewer", "decision", "documents", "source", "as"):
        fields.pop(name, None)
    return "\n".join(_texts(fields))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case {"document": str(), "quote": str()}:
            return
        case dict():
            for each in cast("dict[str, Any]", value).values():
                yield from _texts(each)
        case list():
            for each in cast("list[Any]", value):
                yield from _texts(each)
        case _:
            return


def _reviews(records: Iterable[Record]) -> Iterator[Finding]:
    for record in records:
        row = record.row
        if not record.approved:
            continue
        if not row.second_reviewer:
            own = name_key(row.reviewer or "") in {name_key(name) for name in row.author.split(",")}
            whose = f"its author {row.reviewer!r}" if own else f"{row.reviewer!r} alone"
            yield finding("review", record, f"is approved by {whose}; two others have to: hybrid data review")


def _count(records: Sequence[Record], purpose: Purpose | None) -> Iterator[Finding]:
    approved = sum(record.approved for record in records)
    if purpose is not None and approved < NEEDED[purpose][0]:
        least = NEEDED[purpose][0]
        reason = f"{approved:,} approved rows, {purpose} takes at least {least:,}; write or review more"
        yield Finding(kind="count", id="", place="", reason=reason)


def _coverage(questions: Questions, live: Sequence[Live], embed: Embed) -> Coverage | None:
    if not live:
        return None
    asked = Questions([each.text for each in live], embed)
    return coverage(questions, asked, [each.name for each in live])
