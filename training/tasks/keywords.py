"""Tasks from prose: some words of a sentence ask for it among its neighbours, so that all words learn comparing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from hybrid.evidence import split_units
from training.tasks.grounded import Grounded, Unit

_SHORTEST, _LONGEST, _TITLE = 40, 320, 40
_NEIGHBOURS = 12
_FEWEST_WORDS = 3
# Long words are kept more often: they tell more, and people ask with them.
_KEPT_LONG, _KEPT_SHORT, _LONG = 0.6, 0.2, 4
_UNANSWERED = 0.15
_BEGINNINGS = ("", "", "", "what about ", "which ", "is there anything on ", "where does it say ", "tell me about ")


def tasks(texts: Sequence[str], generator: random.Random, count: int) -> Iterator[Grounded]:
    """Yield so many tasks, one of each text in turn; fewer where no text has enough sentences.

    Args:
        texts: Pieces of prose.
        generator: Of all that is random.
        count: How many tasks.
    """
    usable = [(text, found) for text in texts if len(found := _sentences(text)) >= 2]
    for number in range(count if usable else 0):
        text, sentences = usable[number % len(usable)]
        place = generator.randrange(len(sentences))
        answer = sentences[place]
        near = [*sentences[max(0, place - _NEIGHBOURS) : place], *sentences[place + 1 : place + 1 + _NEIGHBOURS]]
        title = " ".join(text[:_TITLE].split())
        task = Grounded(
            question=_question(answer, generator),
            answers=(Unit(title=title, text=answer),),
            others=tuple(Unit(title=title, text=other) for other in near if other != answer),
            status="answered",
            source="keywords",
        )
        yield task.unanswered() if generator.random() < _UNANSWERED else task


def _sentences(text: str) -> list[str]:
    found = (" ".join(text[unit.start : unit.end].split()) for unit in split_units(text))
    return [sentence for sentence in found if _SHORTEST <= len(sentence) <= _LONGEST]


def _question(sentence: str, generator: random.Random) -> str:
    words = sentence.strip(".!?:;,").split()
    kept = [word for word in words if generator.random() < (_KEPT_LONG if len(word) > _LONG else _KEPT_SHORT)]
    if len(kept) < _FEWEST_WORDS:
        kept = words[:8]
    if generator.random() < 0.3:
        generator.shuffle(kept)
    return f"{generator.choice(_BEGINNINGS)}{' '.join(kept)}?"
