"""Tasks from collections of questions and answers: help pages, health, hotels and restaurants, research."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hybrid.evidence import split_units
from hybrid_adapters.ranker._questions import HELD_OUT
from hybrid_adapters.ranker._rows import Neighbours
from training.tasks.grounded import Grounded, Unit

LIMITS: Mapping[str, int] = {"faq_docs": 3600, "medquad": 2500, "dstc9_faq": 5000, "cdc_covid_faq": 120, "covidqa": 900}
"""Tasks of each file, so that none drowns the others."""

_NEAR = 10
_LONGEST = 400
_SHORTEST_QUESTION = 3

_Entry = Mapping[str, Any]


def tasks(folder: Path, generator: random.Random) -> Iterator[Grounded]:
    """Yield the tasks of all files."""
    for name, limit in LIMITS.items():
        entries = [entry for entry in _entries(folder / f"{name}.jsonl.gz") if entry["source"] not in HELD_OUT]
        made = list(_span_tasks(entries) if name == "covidqa" else _section_tasks(name, entries))
        generator.shuffle(made)
        yield from made[:limit]


def _section_tasks(name: str, entries: Sequence[_Entry]) -> Iterator[Grounded]:
    """Yield each question with sentences of its own section and of the nearest others of the collection."""
    groups: defaultdict[str, list[_Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry["entity"] if entry.get("entity") else entry["source"]].append(entry)
    for group in groups.values():
        near = Neighbours([f"{_heading(entry)} {entry['context']}" for entry in group])
        for place, entry in enumerate(group):
            if len(entry["question"].split()) < _SHORTEST_QUESTION:
                continue
            found = near.nearest(f"{entry['question']} {_heading(entry)}", limit=_NEAR, without=[place])
            others = [group[other] for other in found if group[other]["context"] != entry["context"]]
            answers = _units(entry)[:1]
            if answers and others:
                yield Grounded(
                    question=entry["question"],
                    answers=tuple(answers),
                    others=tuple(unit for other in others for unit in _units(other)[:2]),
                    status="answered",
                    source=name,
                )


def _span_tasks(entries: Sequence[_Entry]) -> Iterator[Grounded]:
    """Yield questions whose answer's place in a long text is known."""
    for entry in entries:
        text, start = entry["context"], entry["answer_start"]
        units = split_units(text)
        gold = [place for place, unit in enumerate(units) if start is not None and unit.start <= start < unit.end]
        if gold and len(units) > 2 and len(text[units[gold[0]].start : units[gold[0]].end]) <= _LONGEST:
            pieces = [text[unit.start : unit.end][:_LONGEST] for unit in units]
            near = Neighbours(pieces).nearest(entry["question"], limit=_NEAR, without=gold)
            yield Grounded(
                question=entry["question"],
                answers=tuple(Unit(title="Research", text=pieces[place]) for place in gold[:2]),
                others=tuple(Unit(title="Research", text=pieces[place]) for place in near),
                status="answered",
                source="covidqa",
            )


def _units(entry: _Entry) -> list[Unit]:
    text = entry["context"]
    found = (text[unit.start : unit.end] for unit in split_units(text))
    return [Unit(title=_heading(entry), text=piece) for piece in found if 20 <= len(piece) <= _LONGEST]


def _heading(entry: _Entry) -> str:
    return (entry.get("entity") or entry.get("title") or "").title()


def _entries(path: Path) -> list[_Entry]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
