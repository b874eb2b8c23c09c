"""Public collections of pages and questions that the support function is fitted on."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data import shared
from hybrid_adapters.ranker._squad import HELD_OUT

_QUESTIONS = 200
_SHORTEST_QUESTION = 4
_OTHER_PAGES = 250


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question and the pages that answer it."""

    text: str
    answered_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Pages by path, and questions in random order."""

    pages: Mapping[str, str]
    questions: tuple[Question, ...]


def _squad() -> Collection:
    """Return the articles that the evidence ranker was not trained on; nor was it on any other collection here."""
    pages: dict[str, str] = {}
    questions: list[Question] = []
    for article in json.loads((shared("squad2") / "dev-v2.0.json").read_text("utf-8"))["data"]:
        if article["title"].replace("_", " ") not in HELD_OUT:
            continue
        for number, paragraph in enumerate(article["paragraphs"]):
            path = f"{_slug(article['title'])}/{number:03}.md"
            pages[path] = f"# {article['title'].replace('_', ' ')}\n\n{paragraph['context']}\n"
            answerable = (row["question"] for row in paragraph["qas"] if not row["is_impossible"])
            questions.extend(Question(text=text.strip(), answered_by=(path,)) for text in answerable)
    return _collection(pages, questions)


def _kubernetes() -> Collection:
    root = shared("k8s-docs")
    files = {file.stem: file for file in sorted((root / "docs").glob("*.md"))}
    questions: list[Question] = []
    for kind in ("direct", "needle", "realistic"):
        relevant: dict[str, list[str]] = {}
        for line in (root / f"qrels_{kind}.tsv").read_text("utf-8").splitlines()[1:]:
            query, *_, page, _ = line.split("\t")
            relevant.setdefault(query, []).append(page)
        for row in map(json.loads, (root / f"queries_{kind}.jsonl").read_text("utf-8").splitlines()):
            pages = tuple(f"{page}.md" for page in relevant.get(row["id"], ()) if page in files)
            questions.extend([Question(text=row["text"], answered_by=pages)] if pages else [])
    gold = {Path(page).stem for question in questions for page in question.answered_by}
    others = random.Random(0).sample(sorted(files.keys() - gold), _OTHER_PAGES)
    return _collection({f"{stem}.md": files[stem].read_text("utf-8") for stem in (*gold, *others)}, questions)


def _faq(file: str, source: str) -> Collection:
    """Return the answers of a site's frequent questions as pages; the question itself is no part of its page."""
    pages: dict[str, str] = {}
    questions: list[Question] = []
    for number, row in enumerate(_rows(shared("qa") / f"{file}.jsonl.gz")):
        if row["source"] != source:
            continue
        name = Path(row["id"].partition("#")[0]).stem.replace("-", " ").replace("_", " ")
        path = f"{number:05}.md"
        pages[path] = f"# {name}\n\n{row['context']}\n"
        if len(row["question"].split()) >= _SHORTEST_QUESTION:
            questions.append(Question(text=row["question"], answered_by=(path,)))
    return _collection(pages, questions)


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _collection(pages: Mapping[str, str], questions: list[Question]) -> Collection:
    random.Random(0).shuffle(questions)
    return Collection(pages=pages, questions=tuple(questions[:_QUESTIONS]))


def _slug(title: str) -> str:
    return re.sub(r"\W+", "-", title).strip("-")


COLLECTIONS: Mapping[str, Callable[[], Collection]] = {
    "squad": _squad,
    "kubernetes": _kubernetes,
    "irs": lambda: _faq("irs_faq", "IRS-Public/direct-file"),
    "business": lambda: _faq("faq_docs", "MicrosoftDocs/dynamics365smb-docs"),
    "handbook": lambda: _faq("faq_docs", "sourcegraph/handbook"),
}
"""The collections by name."""
