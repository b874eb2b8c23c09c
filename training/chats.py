"""A task as the chat that serving would make of it, and the reply that is wanted."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hybrid.answering.prompt import Message, messages
from hybrid.answering.request import ReplyRequest
from hybrid.contract import Contract, SupportReply
from hybrid.types import Evidence, Passage, StageScores
from training.phrases import words_around
from training.tasks import collections, encyclopedia, invented, keywords, vague
from training.tasks.grounded import Grounded, Unit, shown

CONTRACT = Contract(SupportReply)
_UNANSWERED = 0.12
_MOST_UNITS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
# Always in random order: a model that may lean on the order reads nothing; what it says, serving adds as a prior.
_SHUFFLED = 1.0


@dataclass(frozen=True, kw_only=True)
class Chat:
    """One training row."""

    messages: list[Message]
    """Prompt, and at the end the reply."""

    source: str
    """Where the task comes from."""


def all_tasks(
    data: Path, *, invented_count: int, keyword_count: int, texts: Sequence[str], seed: int
) -> list[Grounded]:
    """Return every task in random order.

    Args:
        data: The corpora.
        invented_count: Tasks about invented firms.
        keyword_count: Tasks made of sentences of ``texts``.
        texts: Prose.
        seed: Of everything random.
    """
    generator = random.Random(seed)
    known = [
        *encyclopedia.tasks(data / "squad2" / "dev-v2.0.json", generator),
        *collections.tasks(data / "qa", generator),
    ]
    answered = [task for task in known if task.answers]
    made = [task.unanswered() for task in answered if generator.random() < _UNANSWERED and len(task.others) > 2]
    pool = [unit for task in answered[:4000] for unit in task.others[:2]]
    asked_back = vague.tasks(generator, pool, round(0.05 * (len(known) + invented_count)))
    searched = keywords.tasks(texts, generator, keyword_count)
    tasks = [*known, *made, *asked_back, *searched, *invented.tasks(generator, invented_count)]
    generator.shuffle(tasks)
    return tasks


def chats(tasks: list[Grounded], generator: random.Random) -> Iterator[Chat]:
    """Yield the chats of tasks; those without any unit are left out."""
    for task in tasks:
        units, gold = shown(task, generator, most=generator.choice(_MOST_UNITS), shuffled=_SHUFFLED)
        if units:
            reply = {"role": "assistant", "content": reply_text(task, gold, generator)}
            yield Chat(messages=[*prompt(task.question, units), reply], source=task.source)


def prompt(question: str, units: list[Unit]) -> list[Message]:
    """Return what serving would ask a model."""
    return messages(ReplyRequest(question=question, evidence=evidence_of(units), contract=CONTRACT))


def evidence_of(units: list[Unit]) -> tuple[Evidence, ...]:
    """Return units numbered in their order."""
    return tuple(_evidence(unit, f"E{place}") for place, unit in enumerate(units, start=1))


def reply_text(task: Grounded, gold: list[int], generator: random.Random) -> str:
    """Return a reply as the grammar writes it, without a space."""
    opening, closing = words_around(task.status, generator)
    reply = {
        "status": task.status,
        "opening": opening,
        "evidence": [f"E{place + 1}" for place in gold],
        "closing": closing,
    }
    return json.dumps(reply, separators=(",", ":"), ensure_ascii=False)


def _evidence(unit: Unit, id_: str) -> Evidence:
    title, _, heading = unit.title.partition(" > ")
    passage = Passage(
        document_id="",
        version="",
        uri="",
        title=title,
        text=unit.text,
        start=0,
        end=len(unit.text),
        lines=(1, 1),
        heading_path=(heading,) if heading else (),
        scores=StageScores(fused=0.0),
    )
    return Evidence(id=id_, passage=passage, text=unit.text, start=0, end=len(unit.text), lines=(1, 1))
