"""What a trained base is worth on what it never saw, beside simple baselines."""

from __future__ import annotations

import json
import lzma
import math
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from hybrid.answering.request import Limits, ReplyRequest
from hybrid_adapters.local import LocalModel
from hybrid_adapters.ranker._squad import HELD_OUT
from training.chats import CONTRACT, evidence_of
from training.plain_text import held_out
from training.tasks import encyclopedia
from training.tasks.grounded import Grounded, shown

Scores = dict[str, float]
_PATIENT = Limits(first_token=None, idle=None, total=None)
_WINDOW = 512
_UNITS = 18


def evaluate(folder: Path, data: Path, *, questions: int, seed: int) -> Scores:
    """Return all scores of a model: choice of evidence, refusals, format with the grammar off, plain text.

    Args:
        folder: The model.
        data: The corpora.
        questions: How many questions of held-out articles are asked; half of them have no answer.
        seed: That of the training, so that held-out text is what it did not read.
    """
    tasks = list(_held_out_tasks(data, random.Random(seed)))
    answerable = list(islice((task for task in tasks if task.answers), questions // 2))
    impossible = list(islice((task for task in tasks if not task.answers), questions // 2))
    return {
        **_choices(folder, answerable, impossible, random.Random(seed)),
        **_plain_text(folder, held_out(data / "pretrain", seed=seed)),
    }


def _held_out_tasks(data: Path, generator: random.Random) -> Iterator[Grounded]:
    for article in json.loads((data / "squad2" / "dev-v2.0.json").read_text("utf-8"))["data"]:
        title = article["title"].replace("_", " ")
        if title in HELD_OUT:
            yield from encyclopedia.article_tasks(title, article["paragraphs"], generator)


def _choices(
    folder: Path, answerable: Sequence[Grounded], impossible: Sequence[Grounded], generator: random.Random
) -> Scores:
    model = LocalModel(str(folder), prior=0.0)
    try:
        found = [_asked(model, task, generator, shuffled=1.0) for task in answerable]
        ordered = [_asked(model, task, generator, shuffled=0.0) for task in answerable]
        refused = [_asked(model, task, generator, shuffled=0.0) for task in impossible]
    finally:
        model.close()
    return {
        "evidence choice, random order": _share(right for _, right, _ in found if right is not None),
        "evidence choice, best words first": _share(right for _, right, _ in ordered if right is not None),
        "baseline: the unit that shares most words": _share(first for _, _, first in ordered),
        "answerable questions refused": _share(status == "refused" for status, _, _ in ordered),
        "unanswerable questions refused": _share(status == "refused" for status, _, _ in refused),
    }


def _asked(
    model: LocalModel, task: Grounded, generator: random.Random, *, shuffled: float
) -> tuple[str, bool | None, bool]:
    """Return the reply's status, whether it points first at an answer (None if at nothing), and whether E1 answers."""
    units, gold = shown(task, generator, most=_UNITS, shuffled=shuffled)
    request = ReplyRequest(question=task.question, evidence=evidence_of(units), contract=CONTRACT, limits=_PATIENT)
    reply = json.loads("".join(piece for piece in model.reply(request) if isinstance(piece, str)))
    pointed = [int(id_[1:]) - 1 for id_ in reply["evidence"]]
    return reply["status"], pointed[0] in gold if pointed else None, 0 in gold


def _plain_text(folder: Path, texts: Sequence[str]) -> Scores:
    """Return bits a byte of text it never read, and those of a general compressor that saw nothing else."""
    import torch
    import transformers

    auto: Any = transformers.AutoModelForCausalLM
    network: Any = auto.from_pretrained(folder, local_files_only=True).eval()
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    nats, tokens, size = 0.0, 0, 0
    for text in texts:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"][:_WINDOW]
        with torch.inference_mode():
            loss = network(input_ids=torch.tensor([ids]), labels=torch.tensor([ids])).loss
        nats, tokens = nats + float(loss) * (len(ids) - 1), tokens + len(ids) - 1
        size += len(tokenizer.decode(ids[1:]).encode())
    packed = sum(8 * len(lzma.compress(text.encode())) for text in texts) / sum(len(text.encode()) for text in texts)
    return {
        "perplexity a token": math.exp(nats / tokens),
        "bits a byte": nats / math.log(2) / size,
        "baseline: bits a byte of lzma": packed,
    }


def _share(values: Iterator[bool]) -> float:
    held = list(values)
    return sum(held) / len(held) if held else 0.0
