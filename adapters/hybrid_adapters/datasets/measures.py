"""How many rows there are, how long they are, how far apart, and whether they ask what people ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hybrid_adapters.datasets.likeness import Questions, Vectors
from hybrid_adapters.datasets.records import Record

Purpose = Literal["style", "domain", "reasoning"]
"""What rows are to teach: a voice or a format, the words and patterns of a domain, or steps of thought."""

NEEDED: dict[Purpose, tuple[int, int]] = {"style": (50, 200), "domain": (500, 2_000), "reasoning": (1_000, 5_000)}
"""How many approved rows each purpose takes."""

COVERED = 0.55
"""Cosine from which on a question of production has a row that asks something like it."""

_BLOCK = 1_024
_CHARACTERS_PER_TOKEN = 4
_LONG = 4.0


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of rows."""

    rows: int
    """All of them, lines that are none left out."""

    by: dict[str, dict[str, int]]
    """Rows by ``decision``, ``status``, ``era``, ``author``, ``reviewer``, and ``form``."""

    approved: int
    """How many may be trained on."""


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Lengths in tokens, estimated as characters / 4."""

    questions: tuple[int, ...]
    """Of each question."""

    replies: tuple[int, ...]
    """Of each reply."""

    unusual: tuple[str, ...]
    """Names of rows whose question or reply is more than four times as long as nine of ten."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Whether rows ask what people ask."""

    asked: int
    """Number of questions of production."""

    covered: int
    """How many have a row that asks something like it."""

    nearest: tuple[float, ...]
    """For each of them the cosine of the nearest row."""

    missing: tuple[str, ...]
    """Names of those that have none, the farthest first."""


def counts_of(records: Sequence[Record]) -> Counts:
    """Return the numbers of rows."""
    return Counts(
        rows=len(records),
        approved=sum(record.approved for record in records),
        by={
            "decision": _counted(record.row.decision for record in records),
            "status": _counted(_status(record) for record in records),
            "era": _counted(record.row.era for record in records),
            "author": _counted(record.row.author for record in records),
            "reviewer": _counted(record.row.reviewer or "nobody" for record in records),
            "form": _counted(record.form for record in records),
        },
    )


def purposes(approved: int) -> dict[Purpose, str]:
    """Return for each purpose whether there are enough approved rows for it, in words.

    Example:
        >>> purposes(120)["style"]
        'enough (50 to 200)'
    """
    return {purpose: _enough(approved, *limits) for purpose, limits in NEEDED.items()}


def lengths_of(records: Sequence[Record]) -> Lengths:
    """Return the lengths of questions and replies."""
    questions = [len(record.question) // _CHARACTERS_PER_TOKEN for record in records]
    replies = [len(record.reply_text) // _CHARACTERS_PER_TOKEN for record in records]
    unusual = {
        record.id: None
        for lengths in (questions, replies)
        for record, length in zip(records, lengths, strict=True)
        if length > _LONG * max(1.0, float(np.quantile(lengths, 0.9)))
    }
    return Lengths(questions=tuple(questions), replies=tuple(replies), unusual=tuple(unusual))


def nearest_likeness(questions: Questions) -> tuple[float, ...]:
    """Return for each question the cosine of the nearest other one; none where there is but one."""
    if len(questions.vectors) < 2:
        return ()
    return tuple(_nearest(questions.vectors, questions.vectors, itself=True))


def coverage(questions: Questions, live: Questions, names: Sequence[str]) -> Coverage:
    """Return whether the rows ask what was asked.

    Args:
        questions: Those of the rows.
        live: Those of production, at least one.
        names: What these are called in reports.
    """
    nearest = _nearest(live.vectors, questions.vectors) if len(questions.vectors) else [0.0] * len(names)
    missing = sorted((value, name) for value, name in zip(nearest, names, strict=True) if value < COVERED)
    return Coverage(
        asked=len(names),
        covered=len(names) - len(missing),
        nearest=tuple(nearest),
        missing=tuple(name for _, name in missing),
    )


def _nearest(first: Vectors, second: Vectors, *, itself: bool = False) -> list[float]:
    found: list[float] = []
    for start in range(0, len(first), _BLOCK):
        cosines = first[start : start + _BLOCK] @ second.T
        if itself:
            rows = np.arange(len(cosines))
            cosines[rows, rows + start] = -1.0
        found.extend(float(value) for value in cosines.max(axis=1))
    return found


def _enough(approved: int, least: int, most: int) -> str:
    limits = f"({least:,} to {most:,})"
    if approved < least:
        return f"{least - approved:,} too few {limits}"
    return f"enough {limits}" if approved <= most else f"more than it takes {limits}; better ones help, more do not"


def _status(record: Record) -> str:
    return "text" if isinstance(record.reply, str) else str(record.reply.get("status", "none"))


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
