"""``python -m benchmarks.ranker_rows FILE``: the held-out SQuAD questions as rows for ``hybrid adapter evaluate``.

They are those of ``benchmarks evidence_choice``: articles that the shipped ranker never saw, the gold paragraph and two
others. The file holds text of the articles (CC BY-SA 4.0); reports on it hold none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks._articles import ArticleQuestion, Bm25, article_questions, standardised
from benchmarks.data import shared
from hybrid_adapters.ranker.choices import Candidate, ChoiceRow, choices_text
from hybrid_indexes.embedding import load_embedder


def main() -> None:
    """Write the rows, all of them held out."""
    questions = article_questions(shared("squad2") / "dev-v2.0.json")
    Path(sys.argv[1]).write_text(choices_text(_rows(questions)), "utf-8")


def _rows(questions: list[ArticleQuestion]) -> Iterator[ChoiceRow]:
    embedder = load_embedder()
    bm25 = Bm25(sorted({text for question in questions for text in question.sentences}))
    for number, question in enumerate(questions, start=1):
        texts = [f"{question.article} {text}" for text in question.sentences]
        cosine = standardised((embedder.embed_documents(texts) @ embedder.embed_query(question.text)).tolist())
        words = standardised(bm25.scores(question.text, question.sentences))
        scores = (cosine + words).tolist()
        order = sorted(range(len(texts)), key=lambda place: -scores[place])
        yield ChoiceRow(
            id=f"squad-{number}",
            question=question.text,
            candidates=tuple(
                Candidate(text=texts[place], score=scores[place], answers=place in question.gold) for place in order
            ),
            documents=(question.article,),
            split="held-out",
        )


if __name__ == "__main__":
    main()
