"""Rows from SQuAD 2.0: sentences of Wikipedia paragraphs, half of the questions without an answer."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hybrid.evidence import split_units
from hybrid_adapters.ranker._rows import Neighbours, Row

HELD_OUT = ("European Union law", "Immune system", "Imperialism", "Packet switching", "Steam engine")
"""Articles that no training sees."""

_OWN = 3
_FOREIGN = 3
_UNANSWERED = 0.25


@dataclass(frozen=True, kw_only=True)
class _Sentence:
    paragraph: int
    start: int
    end: int
    text: str


def squad_rows(file: Path, generator: random.Random) -> list[Row]:
    """Return the rows of every article that is not held out."""
    rows: list[Row] = []
    for article in json.loads(file.read_text("utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        if title not in HELD_OUT:
            rows.extend(_article_rows(title, article["paragraphs"], generator))
    return rows


def _article_rows(title: str, paragraphs: Sequence[Any], generator: random.Random) -> Iterator[Row]:
    sentences = [
        _Sentence(paragraph=number, start=unit.start, end=unit.end, text=paragraph["context"][unit.start : unit.end])
        for number, paragraph in enumerate(paragraphs)
        for unit in split_units(paragraph["context"])
    ]
    near = Neighbours([sentence.text for sentence in sentences])
    for number, paragraph in enumerate(paragraphs):
        for asked in paragraph["qas"]:
            row = _row(title, asked, number, sentences, near)
            if row is not None:
                yield row
                if row.answers and generator.random() < _UNANSWERED:
                    yield row.unanswered()


def _row(
    title: str, asked: Mapping[str, Any], number: int, sentences: Sequence[_Sentence], near: Neighbours
) -> Row | None:
    starts = {answer["answer_start"] for answer in asked["answers"]}
    own = [place for place, sentence in enumerate(sentences) if sentence.paragraph == number]
    gold = [place for place in own if any(sentences[place].start <= s < sentences[place].end for s in starts)]
    if not gold and not asked["is_impossible"]:
        return None
    question = asked["question"].strip()
    ranked = near.nearest(question, limit=len(sentences), without=gold)
    mine = [place for place in ranked if sentences[place].paragraph == number][:_OWN]
    foreign = [place for place in ranked if sentences[place].paragraph != number][:_FOREIGN]
    return Row(
        question=question,
        answers=tuple(f"{title} {sentences[place].text}" for place in gold),
        others=tuple(f"{title} {sentences[place].text}" for place in (*mine, *foreign)),
        source="squad2",
    )
