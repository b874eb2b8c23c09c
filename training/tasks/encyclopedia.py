"""Tasks from SQuAD 2.0: which sentence answers, and that often none does."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hybrid.evidence import split_units
from hybrid_adapters.ranker._rows import Neighbours
from hybrid_adapters.ranker._squad import HELD_OUT
from training.tasks.grounded import Grounded, Unit

_FOREIGN = 8
# Half of the questions have no answer; fewer are taken, since the pipeline refuses most of such questions by itself.
_IMPOSSIBLE = 0.35


def tasks(file: Path, generator: random.Random) -> Iterator[Grounded]:
    """Yield the tasks of every article that is not held out."""
    for article in json.loads(file.read_text("utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        if title not in HELD_OUT:
            yield from article_tasks(title, article["paragraphs"], generator)


def article_tasks(title: str, paragraphs: Sequence[Any], generator: random.Random) -> Iterator[Grounded]:
    """Yield the tasks of one article: sentences of the question's paragraph, and near ones of the others."""
    cut = [[(unit.start, unit.end) for unit in split_units(paragraph["context"])] for paragraph in paragraphs]
    texts = [[paragraph["context"][s:e] for s, e in spans] for paragraph, spans in zip(paragraphs, cut, strict=True)]
    owners = [number for number, own in enumerate(texts) for _ in own]
    flat = [text for own in texts for text in own]
    near = Neighbours(flat)
    for number, paragraph in enumerate(paragraphs):
        for asked in paragraph["qas"]:
            if asked["is_impossible"] and generator.random() > _IMPOSSIBLE:
                continue
            starts = {answer["answer_start"] for answer in asked["answers"]}
            gold = [place for place, (s, e) in enumerate(cut[number]) if any(s <= start < e for start in starts)]
            if not gold and not asked["is_impossible"]:
                continue
            ranked = near.nearest(asked["question"], limit=3 * _FOREIGN)
            foreign = [flat[place] for place in ranked if owners[place] != number][:_FOREIGN]
            own = [text for place, text in enumerate(texts[number]) if place not in gold]
            yield Grounded(
                question=asked["question"].strip(),
                answers=tuple(Unit(title=title, text=texts[number][place]) for place in gold[:2]),
                others=tuple(Unit(title=title, text=text) for text in (*own, *foreign)),
                status="answered" if gold else "refused",
                source="squad2",
            )
