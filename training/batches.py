"""Token batches, in an order that depends on the seed alone, so that a killed run goes on where it stopped."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from training.chats import Chat
from training.tokenizer import choice_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

IGNORED = -100
LONGEST = 1280
_WINDOW = 512
_SORTED_TOGETHER = 64


@dataclass(frozen=True, kw_only=True)
class Row:
    """Tokens, and how many of the first ones are only read."""

    tokens: NDArray[np.int32]
    """Prompt and reply, or plain text."""

    read: int
    """Length of the prompt; 0 for plain text."""

    ends: NDArray[np.int32]
    """Where each line of evidence ends."""

    right: NDArray[np.bool_]
    """Whether the reply points at the line."""

    refused: bool = False
    """Whether the reply refuses."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows of about the same length, padded on the right: a causal network never looks there."""

    tokens: NDArray[np.int64]
    """Shape ``(rows, longest)``."""

    labels: NDArray[np.int64]
    """The same, with ``IGNORED`` where nothing is learnt."""


def chat_rows(chats: Sequence[Chat], tokenizer: Any) -> list[Row]:
    """Return rows whose reply is learnt; those longer than ``LONGEST`` are left out."""
    prompts = [_text(tokenizer, chat.messages[:-1], prompt=True) for chat in chats]
    wholes = [_text(tokenizer, chat.messages, prompt=False) for chat in chats]
    ids, line_break = choice_tokens(tokenizer), tokenizer.encode("\n", add_special_tokens=False)[0]
    rows: list[Row] = []
    for chat, prompt, whole in zip(chats, _ids(tokenizer, prompts), _ids(tokenizer, wholes), strict=True):
        assert whole[: len(prompt)] == prompt, "the template writes another prompt for training than for serving"
        if len(whole) <= LONGEST:
            row = _chat_row(np.asarray(whole, dtype=np.int32), len(prompt), ids, line_break)
            rows.append(replace(row, refused=json.loads(chat.messages[-1]["content"])["status"] == "refused"))
    return rows


def text_rows(texts: Sequence[str], tokenizer: Any) -> list[Row]:
    """Return plain text cut into windows."""
    end = tokenizer.eos_token_id
    stream = np.fromiter((token for ids in _ids(tokenizer, texts) for token in (*ids, end)), dtype=np.int32)
    windows = (stream[start : start + _WINDOW] for start in range(0, len(stream) - _WINDOW, _WINDOW))
    return [Row(tokens=window, read=0, ends=np.empty(0, np.int32), right=np.empty(0, np.bool_)) for window in windows]


def batches(rows: Sequence[Row], *, tokens: int, generator: random.Random) -> list[list[Row]]:
    """Return all rows in batches of about so many tokens: alike in length, in random order."""
    order = list(rows)
    generator.shuffle(order)
    made: list[list[Row]] = []
    for start in range(0, len(order), _SORTED_TOGETHER * 8):
        made.extend(_filled(sorted(order[start : start + _SORTED_TOGETHER * 8], key=lambda r: len(r.tokens)), tokens))
    generator.shuffle(made)
    return made


def padded(rows: Sequence[Row], *, pad: int) -> Batch:
    """Return a batch in which what rows read is not learnt."""
    width = max(len(row.tokens) for row in rows)
    tokens = np.full((len(rows), width), pad, dtype=np.int64)
    labels = np.full((len(rows), width), IGNORED, dtype=np.int64)
    for place, row in enumerate(rows):
        tokens[place, : len(row.tokens)] = row.tokens
        labels[place, row.read : len(row.tokens)] = row.tokens[row.read :]
    return Batch(tokens=tokens, labels=labels)


def _chat_row(tokens: NDArray[np.int32], read: int, ids: Sequence[int], line_break: int) -> Row:
    breaks = np.flatnonzero(tokens[:read] == line_break)
    pointed = set(tokens[read:].tolist())
    ends: list[int] = []
    right: list[bool] = []
    for place, after in zip(breaks, breaks[1:], strict=False):
        # Lines of evidence are numbered without a gap; other lines begin with something else.
        if len(ends) < len(ids) and tokens[place + 1] == ids[len(ends)]:
            ends.append(int(after))
            right.append(ids[len(right)] in pointed)
    return Row(tokens=tokens, read=read, ends=np.asarray(ends, np.int32), right=np.asarray(right, np.bool_))


def _filled(rows: Sequence[Row], tokens: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        if batch and len(row.tokens) * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _text(tokenizer: Any, messages: Any, *, prompt: bool) -> str:
    return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)


def _ids(tokenizer: Any, texts: Sequence[str]) -> Iterator[list[int]]:
    for start in range(0, len(texts), 512):
        yield from tokenizer(texts[start : start + 512], add_special_tokens=False)["input_ids"]
