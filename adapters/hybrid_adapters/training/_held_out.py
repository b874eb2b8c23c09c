"""What a model is worth on rows that it never learned from: loss, and whether it keeps the contract by itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from hybrid.contract import Contract
from hybrid.errors import ReplyError
from hybrid_adapters.training._masks import Labelled
from hybrid_adapters.training._trainers import mixed_precision, summed_loss

if TYPE_CHECKING:
    from hybrid_adapters.local._loading import Loaded

_TOGETHER = 8
_MOST_REPLIES = 64
_ROOM = 1.5
_POINTER = re.compile(r'"(E[0-9]+)"')
_SHOWN = re.compile(r"^(E[0-9]+) \| ", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Figures of a model on held-out rows."""

    rows: int
    """Number of rows."""

    loss: float
    """Mean loss of the reply's tokens (nats per token)."""

    perplexity: float
    """``exp(loss)``."""

    format_rows: int = 0
    """Rows that a reply was written for."""

    format_valid: float | None = None
    """Part of the replies that keep the contract with no grammar to force them: JSON, every field, and only ids of
    evidence that the prompt shows; None without a contract."""

    def fields(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return asdict(self)


def held_out_loss(network: Any, rows: Sequence[Labelled], padding: int) -> float:
    """Return the mean loss over all learned tokens of rows.

    Args:
        network: With or without an adapter; it is put back into the mode it was in.
        rows: At least one.
        padding: Id that fills up shorter rows.
    """
    total, count = 0.0, 0
    ordered = sorted(rows, key=lambda row: len(row.tokens))
    with _evaluating(network):
        for at in range(0, len(ordered), _TOGETHER):
            summed, learned = summed_loss(network, _padded(ordered[at : at + _TOGETHER], padding, network.device))
            total += float(summed)
            count += learned
    return total / count


def measure(
    network: Any, loaded: Loaded, rows: Sequence[Labelled], contract: Contract[Any] | None, stops: Collection[int]
) -> HeldOut:
    """Return the figures of a model.

    Args:
        network: With or without an adapter.
        loaded: What it was loaded as.
        rows: At least one, each with one reply.
        contract: What replies look like.
        stops: Ids that end a reply.
    """
    loss = held_out_loss(network, rows, _padding(loaded.tokenizer))
    figures = HeldOut(rows=len(rows), loss=loss, perplexity=math.exp(min(loss, 50.0)))
    if contract is None:
        return figures
    asked = rows[:_MOST_REPLIES]
    replies = _replies(network, loaded, asked, stops)
    valid = sum(_valid(reply, row, loaded.tokenizer, contract) for reply, row in zip(replies, asked, strict=True))
    return replace(figures, format_rows=len(asked), format_valid=valid / len(asked))


def _replies(network: Any, loaded: Loaded, rows: Sequence[Labelled], stops: Collection[int]) -> list[str]:
    """Return the likeliest reply to each row's prompt, free of any grammar."""
    tokenizer: Any = loaded.tokenizer
    padding = _padding(tokenizer)
    found: dict[str, str] = {}
    ordered = sorted(rows, key=lambda row: row.prompt)
    with _evaluating(network):
        for at in range(0, len(ordered), _TOGETHER):
            batch = ordered[at : at + _TOGETHER]
            width = max(row.prompt for row in batch)
            room = min(int(_ROOM * max(len(row.tokens) - row.prompt for row in batch)) + 8, loaded.context - width)
            ids = [[padding] * (width - row.prompt) + list(row.tokens[: row.prompt]) for row in batch]
            mask = [[0] * (width - row.prompt) + [1] * row.prompt for row in batch]
            written = network.generate(
                input_ids=torch.tensor(ids, device=network.device),
                attention_mask=torch.tensor(mask, device=network.device),
                max_new_tokens=max(1, room),
                do_sample=False,
                eos_token_id=list(stops),
                pad_token_id=padding,
            )
            for row, tokens in zip(batch, written[:, width:].tolist(), strict=True):
                end = next((place for place, token in enumerate(tokens) if token in stops), len(tokens))
                found[row.id] = tokenizer.decode(tokens[:end])
    return [found[row.id] for row in rows]


def _valid(reply: str, row: Labelled, tokenizer: Any, contract: Contract[Any]) -> bool:
    try:
        contract.parse(reply)
    except ReplyError:
        return False
    shown = set(_SHOWN.findall(tokenizer.decode(row.tokens[: row.prompt])))
    return shown.issuperset(_POINTER.findall(reply))


def measuring(network: Any, rows: Sequence[Labelled], tokenizer: Any) -> Callable[[], float] | None:
    """Return what measures the loss of held-out rows between two steps; None where there are none."""
    return (lambda: held_out_loss(network, rows, _padding(tokenizer))) if rows else None


def _padded(rows: Sequence[Labelled], padding: int, device: Any) -> dict[str, Any]:
    width = max(len(row.tokens) for row in rows)
    ids = [[*row.tokens, *[padding] * (width - len(row.tokens))] for row in rows]
    labels = [[*row.labels, *[-100] * (width - len(row.tokens))] for row in rows]
    mask = [[1] * len(row.tokens) + [0] * (width - len(row.tokens)) for row in rows]
    return {
        "input_ids": torch.tensor(ids, device=device),
        "labels": torch.tensor(labels, device=device),
        "attention_mask": torch.tensor(mask, device=device),
    }


def _padding(tokenizer: Any) -> int:
    return int(tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id)


@contextmanager
def _evaluating(network: Any) -> Generator[None]:
    training = network.training
    network.eval()
    try:
        with torch.no_grad(), torch.autocast(network.device.type, torch.bfloat16, enabled=mixed_precision()):
            yield
    finally:
        network.train(training)
