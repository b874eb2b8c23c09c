"""Tokenizer and rows of a run, made once and kept beside it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.batches import Row, chat_rows, text_rows
from training.chats import Chat, all_tasks, chats
from training.plain_text import pieces
from training.tokenizer import train_tokenizer

_TOKENIZER = "tokenizer"
_ROWS = "rows.npz"
_TOKENIZER_CHATS = 9_000
_TOKENIZER_TEXTS = 1_800


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a training reads."""

    tokenizer: Any
    """With its chat template."""

    tasks: list[Row]
    """Chats."""

    texts: list[Row]
    """Plain text."""


def prepare(data: Path, run: Path, *, invented: int, keywords: int, characters: int, seed: int) -> Prepared:
    """Return what a training reads, from the run's folder if it is there.

    Args:
        data: The corpora.
        run: Folder of the run.
        invented: How many tasks are made up.
        keywords: How many tasks are made of sentences of the plain text.
        characters: How much plain text.
        seed: Of everything random.
    """
    import transformers

    if not (run / _ROWS).is_file():
        run.mkdir(parents=True, exist_ok=True)
        texts = pieces(data / "pretrain", characters=characters, seed=seed)
        tasks = all_tasks(data, invented_count=invented, keyword_count=keywords, texts=texts, seed=seed)
        asked = list(chats(tasks, random.Random(seed + 1)))
        tokenizer = train_tokenizer(_sample(asked, texts, seed), run / _TOKENIZER)
        _save(run / _ROWS, chat_rows(asked, tokenizer), text_rows(texts, tokenizer))
    tasks, plain = _load(run / _ROWS)
    auto: Any = transformers.AutoTokenizer
    return Prepared(tokenizer=auto.from_pretrained(run / _TOKENIZER), tasks=tasks, texts=plain)


def _sample(asked: Sequence[Chat], texts: Sequence[str], seed: int) -> list[str]:
    chosen = random.Random(seed + 2).sample(asked, min(_TOKENIZER_CHATS, len(asked)))
    return [*texts[:_TOKENIZER_TEXTS], *("".join(each["content"] for each in chat.messages[1:]) for chat in chosen)]


def _save(file: Path, tasks: Sequence[Row], texts: Sequence[Row]) -> None:
    rows = [*tasks, *texts]
    fresh = file.with_suffix(".new.npz")
    np.savez(
        fresh,
        read=np.array([row.read for row in rows]),
        lengths=np.array([len(row.tokens) for row in rows]),
        tokens=np.concatenate([row.tokens for row in rows]),
        lines=np.array([len(row.ends) for row in rows]),
        ends=np.concatenate([row.ends for row in rows]),
        right=np.concatenate([row.right for row in rows]),
        refused=np.array([row.refused for row in rows]),
    )
    fresh.replace(file)


def _load(file: Path) -> tuple[list[Row], list[Row]]:
    with np.load(file) as held:
        tokens = np.split(held["tokens"], np.cumsum(held["lengths"])[:-1])
        ends, right = (np.split(held[name], np.cumsum(held["lines"])[:-1]) for name in ("ends", "right"))
        parts = zip(tokens, held["read"], ends, right, held["refused"], strict=True)
        rows = [Row(tokens=t, read=int(read), ends=e, right=r, refused=bool(no)) for t, read, e, r, no in parts]
    return [row for row in rows if row.read], [row for row in rows if not row.read]
