"""Questions about articles that no model here was trained on, each among the sentences of three paragraphs."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hybrid.evidence import split_units
from hybrid.evidence.words import word_sequence, words
from hybrid.types import Evidence, Passage, StageScores
from hybrid_adapters.ranker._squad import HELD_OUT

_OTHER_PARAGRAPHS = 2
_SATURATION, _LENGTH = 1.2, 0.75


@dataclass(frozen=True, kw_only=True)
class ArticleQuestion:
    """A question, and sentences of which some answer it."""

    article: str
    text: str
    sentences: tuple[str, ...]
    gold: frozenset[int]
    """Places of the sentences that answer; empty where none does."""

    def evidence(self, scores: Sequence[float]) -> tuple[tuple[Evidence, ...], frozenset[str]]:
        """Return the sentences as evidence, best score first, and the ids of those that answer."""
        order = sorted(range(len(scores)), key=lambda place: -scores[place])
        units = tuple(
            _unit(f"E{number}", self.article, self.sentences[place], scores[place])
            for number, place in enumerate(order, start=1)
        )
        return units, frozenset(f"E{number}" for number, place in enumerate(order, start=1) if place in self.gold)


class Bm25:
    """Okapi BM25 of sentences (Robertson and others 1994), with the statistics of all the texts given.

    Args:
        texts: The collection.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        held = [words(text) for text in texts]
        count = Counter(word for each in held for word in each)
        self._weights = {word: math.log(1 + (len(held) - n + 0.5) / (n + 0.5)) for word, n in count.items()}
        self._mean = sum(len(word_sequence(text)) for text in texts) / len(texts)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a score for each text."""
        asked = words(question)
        return [self._score(asked, Counter(word_sequence(text))) for text in texts]

    def _score(self, asked: frozenset[str], held: Counter[str]) -> float:
        norm = _SATURATION * (1 - _LENGTH + _LENGTH * held.total() / self._mean)
        return sum(
            self._weights.get(word, 0.0) * held[word] * (1 + _SATURATION) / (held[word] + norm)
            for word in sorted(asked)
        )


def article_questions(file: Path) -> list[ArticleQuestion]:
    """Return the questions of the held-out articles that have an answer, in the file's order."""
    articles = json.loads(file.read_text("utf-8"))["data"]
    return [
        question
        for article in articles
        if (title := article["title"].replace("_", " ")) in HELD_OUT
        for question in _questions(title, article["paragraphs"])
    ]


def standardised(scores: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return scores with mean 0 and variance 1."""
    values = np.asarray(scores, dtype=np.float64)
    return (values - values.mean()) / (values.std() or 1.0)


def _questions(title: str, paragraphs: Sequence[Mapping[str, Any]]) -> Iterator[ArticleQuestion]:
    texts = [paragraph["context"] for paragraph in paragraphs]
    generator = random.Random(title)
    for number, paragraph in enumerate(paragraphs):
        for asked in paragraph["qas"]:
            starts = {answer["answer_start"] for answer in asked["answers"]}
            spans = split_units(paragraph["context"])
            gold = frozenset(i for i, span in enumerate(spans) if any(span.start <= s < span.end for s in starts))
            if not gold:
                continue
            others = generator.sample([i for i in range(len(texts)) if i != number], _OTHER_PARAGRAPHS)
            yield ArticleQuestion(
                article=title,
                text=asked["question"].strip(),
                sentences=tuple(text for i in (number, *others) for text in _sentences(texts[i])),
                gold=gold,
            )


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_units(text)]


def _unit(id_: str, article: str, text: str, score: float) -> Evidence:
    passage = Passage(
        document_id=f"articles:{article}",
        uri=article,
        title=article,
        version="1",
        text=text,
        start=0,
        end=len(text),
        lines=(1, 1),
        scores=StageScores(fused=1.0),
    )
    return Evidence(id=id_, passage=passage, text=text, start=0, end=len(text), lines=(1, 1), score=score)
