"""Rows from question-and-answer files: sections under question headings, frequent questions, abstracts."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hybrid.evidence import split_units
from hybrid_adapters.ranker._rows import Neighbours, Row, shortened

HELD_OUT = frozenset({"sourcegraph/handbook", "MicrosoftDocs/dynamics365smb-docs", "IRS-Public/direct-file"})
"""Sources that no training sees: the support function is fitted on them."""

_OTHERS = 5
_SENTENCES = 3
_UNANSWERED = 0.2
_SHORTEST_QUESTION = 4
# Rows of each file, so that none drowns the others.
_LIMITS: Mapping[str, int] = {
    "faq_docs": 1900,
    "ms_faq": 300,
    "medquad": 400,
    "cdc_covid_faq": 100,
    "dstc9_faq": 1000,
    "covidqa": 400,
}
_UNANSWERABLE = "unanswerable_built"
_LIMIT_UNANSWERABLE = 500

_Entry = Mapping[str, Any]


def question_rows(folder: Path, generator: random.Random) -> list[Row]:
    """Return the rows of all files."""
    rows: list[Row] = []
    for name, limit in _LIMITS.items():
        entries = [entry for entry in _entries(folder / f"{name}.jsonl.gz") if entry["source"] not in HELD_OUT]
        made = [*(_span_rows(entries) if name == "covidqa" else _section_rows(name, entries, generator))]
        generator.shuffle(made)
        rows.extend(made[:limit])
    unanswered = [row.unanswered() for row in rows if generator.random() < _UNANSWERED]
    return [*rows, *unanswered, *_unanswerable_rows(_entries(folder / f"{_UNANSWERABLE}.jsonl.gz"), generator)]


def _section_rows(name: str, entries: Sequence[_Entry], generator: random.Random) -> Iterator[Row]:
    """Yield each question with its own section and the nearest ones of the same collection (or the same hotel)."""
    groups: defaultdict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry["entity"] or "" if "entity" in entry else entry["source"]].append(entry)
    for group in groups.values():
        near = Neighbours([f"{_heading(entry)} {entry['context']}" for entry in group])
        for place, entry in enumerate(group):
            if len(entry["question"].split()) < _SHORTEST_QUESTION:
                continue
            found = near.nearest(f"{entry['question']} {_heading(entry)}", limit=2 * _OTHERS, without=[place])
            others = [group[other] for other in found if group[other]["question"] != entry["question"]]
            others = [other for other in others if other["context"] != entry["context"]][:_OTHERS]
            if others:
                yield _section_row(name, entry, others, by_sentence=generator.random() < 0.5)


def _section_row(name: str, entry: _Entry, others: Sequence[_Entry], *, by_sentence: bool) -> Row:
    """Return one row, of sentences (one of the section's answers) or of whole sections."""
    if by_sentence:
        answers = _sentences(entry)[:_SENTENCES]
        # The opening of a section is where an answer would stand, so that it is also what deceives.
        return Row(
            question=entry["question"],
            answers=tuple(answers),
            others=tuple(text for other in others for text in _sentences(other)[:1]),
            source=name,
        )
    return Row(
        question=entry["question"],
        answers=(_section(entry),),
        others=tuple(map(_section, others[: _OTHERS - 1])),
        source=name,
    )


def _span_rows(entries: Sequence[_Entry]) -> Iterator[Row]:
    """Yield questions whose answer's place in a long text is known."""
    for entry in entries:
        text, start = entry["context"], entry["answer_start"]
        units = split_units(text)
        gold = [place for place, unit in enumerate(units) if start is not None and unit.start <= start < unit.end]
        if gold and len(units) > _OTHERS:
            pieces = [shortened(text[unit.start : unit.end]) for unit in units]
            others = Neighbours(pieces).nearest(entry["question"], limit=_OTHERS, without=gold)
            yield Row(
                question=entry["question"],
                answers=tuple(pieces[place] for place in gold),
                others=tuple(pieces[place] for place in others),
                source="covidqa",
            )


def _unanswerable_rows(entries: Sequence[_Entry], generator: random.Random) -> list[Row]:
    """Return questions with a section about the same thing that does not answer them."""
    return [
        Row(question=entry["question"], answers=(), others=(_section(entry),), source=_UNANSWERABLE)
        for entry in generator.sample(entries, _LIMIT_UNANSWERABLE)
    ]


def _heading(entry: _Entry) -> str:
    return entry.get("entity") or entry.get("title") or ""


def _section(entry: _Entry) -> str:
    return f"{_heading(entry)} {shortened(entry['context'])}".strip()


def _sentences(entry: _Entry) -> list[str]:
    text = entry["context"]
    pieces = (shortened(text[unit.start : unit.end]) for unit in split_units(text))
    return [f"{_heading(entry)} {piece}".strip() for piece in pieces]


def _entries(path: Path) -> list[_Entry]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
