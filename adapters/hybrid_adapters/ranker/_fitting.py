"""The training loop of the ranker.

The loss is that of a choice among a question's candidates and "none of these", whose score is always 0; so a score
means the same for every question.
"""

# The types of torch are incomplete.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from hybrid_adapters.ranker._base import base_folder
from hybrid_adapters.ranker._batches import EncodedRow, PairTokenizer, batches
from hybrid_adapters.ranker._network import CrossEncoderNetwork
from hybrid_adapters.ranker._rows import Row

_CLEAR_WEIGHT = 0.3
_HALVES = 2

Progress = Callable[[int, int, float], None]
"""Called after each step with its number, the number of all steps, and its mean loss."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of one training."""

    rank: int = 16
    """Inner size of the low-rank products."""

    alpha: float = 32.0
    """They are scaled by ``alpha / rank``."""

    rate: float = 1e-3
    """Highest learning rate; it rises over the warm-up and falls to zero."""

    warm_up: int = 30
    """Steps until the highest rate."""

    batch_tokens: int = 2000
    """Tokens of a batch, padding included."""

    max_tokens: int = 80
    """Tokens of a pair that are trained on; longer texts are cut."""

    rows: int = 7000
    """Rows that are trained on, drawn at random: some 20 minutes on two cores."""

    seed: int = 0
    """Seed of everything random."""


def fit(network: CrossEncoderNetwork, rows: Sequence[Row], recipe: Recipe, *, progress: Progress) -> tuple[int, int]:
    """Train a network in one pass over the rows, and return how many steps that took and how many tokens were read.

    The same rows, recipe and first weights make the same weights on one machine.
    """
    tokenizer = PairTokenizer(base_folder(), max_tokens=recipe.max_tokens)
    encoded = [tokenizer.encode(row) for row in rows]
    order = batches(encoded, tokens=recipe.batch_tokens, generator=random.Random(recipe.seed))
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=recipe.rate, weight_decay=0.01)

    def gradients(part: Sequence[EncodedRow]) -> tuple[float, tuple[torch.Tensor, ...]]:
        loss = _loss(network(*tokenizer.tensors(part)), part)
        return loss.item(), torch.autograd.grad(loss, trained)

    # One thread of torch for each half: two within one operator wait for one another on a machine that does more.
    with ThreadPoolExecutor(_HALVES, initializer=torch.set_num_threads, initargs=(1,)) as workers:
        for step, batch in enumerate(order):
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * min(1.0, (step + 1) / recipe.warm_up) * (1 - step / len(order))
            halves = list(workers.map(gradients, [batch[half::_HALVES] for half in range(min(_HALVES, len(batch)))]))
            for parameter, *parts in zip(trained, *(found for _, found in halves), strict=True):
                parameter.grad = sum(parts[1:], parts[0]) / len(batch)
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            progress(step + 1, len(order), sum(loss for loss, _ in halves) / len(batch))
    return len(order), sum(len(ids) for row in encoded for ids, _ in row.pairs)


def _loss(scores: torch.Tensor, batch: Sequence[EncodedRow]) -> torch.Tensor:
    losses: list[torch.Tensor] = []
    for row, own in zip(batch, scores.split([len(row.pairs) for row in batch]), strict=True):
        losses.append(_choice_loss(own, row.answers) + _CLEAR_WEIGHT * _clear_loss(own, row.answers))
    return torch.stack(losses).sum()


def _choice_loss(scores: torch.Tensor, answers: int) -> torch.Tensor:
    """Return the surprise that any answer, or none where there is none, is chosen."""
    none = scores.new_zeros(1)
    right = scores[:answers] if answers else none
    return torch.cat([none, scores]).logsumexp(0) - right.logsumexp(0)


def _clear_loss(scores: torch.Tensor, answers: int) -> torch.Tensor:
    """Return how far the best answer is from above 0 and the others from below."""
    wrong = scores[answers:]
    loss = binary_cross_entropy_with_logits(wrong, torch.zeros_like(wrong)) if len(wrong) else scores.new_zeros(())
    if answers:
        best = scores[:answers].max()
        loss = loss + binary_cross_entropy_with_logits(best, torch.ones_like(best))
    return loss
