"""The training loop: resumable, with its losses in a file."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.batches import IGNORED, Row, batches, padded
from training.meter import Meter
from training.supervision import Heads

_CHECKPOINT = "checkpoint.pt"
_SAVED_EVERY = 100


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of a run."""

    steps: int
    """Batches that are learnt from."""

    batch_tokens: int = 4096
    """Tokens of a batch, padding included."""

    rate: float = 1.5e-3
    """Highest learning rate; it rises over the warm-up and falls linearly to zero over the last part."""

    warm_up: int = 100
    """Steps until the highest rate."""

    decay: float = 0.4
    """Part of the steps over which the rate falls."""

    choice_weight: float = 6.0
    """What a reply's evidence id counts: it is one token among dozens, and the one that matters."""

    heads_weight: float = 0.5
    """What each loss of ``Heads`` counts, a reply's counting 1."""

    prose: float = 0.15
    """Part of the batches that are plain text, from the first to the last: without it English is forgotten."""

    short: int = 170
    """Tokens of the longest task that is learnt first."""

    short_part: float = 0.3
    """Part of the steps in which only such tasks are learnt."""

    unrefused_part: float = 0.18
    """Part of the steps, the last, in which no task is refused: a model this small tells too badly whether there is an
    answer, and the pipeline has decided that before it is asked."""

    seed: int = 0
    """Of the order, and of the first weights."""


def train(
    network: Any,
    rows: Sequence[Row],
    texts: Sequence[Row],
    recipe: Recipe,
    folder: Path,
    *,
    heads: Heads,
    choices: Sequence[int],
) -> None:
    """Learn, going on from the folder's checkpoint if it has one; the network is changed in place.

    Args:
        network: A causal network.
        rows: Tasks; read again from the beginning as often as needed.
        texts: Plain text, learnt from beside the tasks.
        recipe: Settings.
        folder: For checkpoint and losses.
        heads: What layers half way up are asked.
        choices: Tokens that are evidence ids.
    """
    heads.to(network.device)
    optimizers = _optimizers(network, heads, recipe)
    first = _resumed(network, heads, optimizers, folder)
    order = _order(rows, texts, recipe)
    ids = torch.tensor(choices, device=network.device)
    meter = Meter(folder)
    for step in range(first, recipe.steps):
        reply, half_way = _losses(network, heads, order[step], recipe, ids)
        (reply + recipe.heads_weight * sum(half_way)).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = _rate(step, recipe)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        meter.read(step + 1, order[step], [reply, *half_way])
        if (step + 1) % _SAVED_EVERY == 0 or step + 1 == recipe.steps:
            _save(network, heads, optimizers, step + 1, folder)


def _losses(
    network: Any, heads: Heads, rows: Sequence[Row], recipe: Recipe, choices: torch.Tensor
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return the mean loss of learnt tokens, for which alone logits are made, and those of layers half way up."""
    batch = padded(rows, pad=network.config.pad_token_id)
    ids = torch.from_numpy(batch.tokens).to(network.device)
    wanted = torch.from_numpy(batch.labels).to(network.device)[:, 1:]
    learnt = wanted != IGNORED
    with torch.autocast(network.device.type, torch.bfloat16):
        found = network.model(input_ids=ids, use_cache=False, output_hidden_states=True)
        logits = network.lm_head(found.last_hidden_state[:, :-1][learnt])
        half_way = heads.losses(found.hidden_states, network.model, rows)
    losses = torch.nn.functional.cross_entropy(logits.float(), wanted[learnt], reduction="none")
    weights = torch.where(torch.isin(wanted[learnt], choices), recipe.choice_weight, 1.0)
    return (losses * weights).sum() / weights.sum(), half_way


def _order(rows: Sequence[Row], texts: Sequence[Row], recipe: Recipe) -> list[list[Row]]:
    """Return the batch of every step: short tasks, all of them, those not refused; plain text among them everywhere."""
    generator = random.Random(recipe.seed)
    short, answered = [row for row in rows if len(row.tokens) <= recipe.short], [row for row in rows if not row.refused]
    first, last = round(recipe.short_part * recipe.steps), round((1 - recipe.unrefused_part) * recipe.steps)
    prose = [generator.random() < recipe.prose for _ in range(recipe.steps)] if texts else [False] * recipe.steps
    kinds = [
        "prose" if is_prose else "short" if step < first else "all" if step < last else "answered"
        for step, is_prose in enumerate(prose)
    ]
    held = {"prose": texts, "short": short, "all": rows, "answered": answered}
    parts = {name: _repeated(held[name], kinds.count(name), recipe, generator) for name in held}
    return [next(parts[kind]) for kind in kinds]


def _repeated(rows: Sequence[Row], steps: int, recipe: Recipe, generator: random.Random) -> Iterator[list[Row]]:
    """Yield so many batches, going through the rows again in another order as often as needed."""
    while steps > 0:
        for batch in batches(rows, tokens=recipe.batch_tokens, generator=generator)[:steps]:
            steps -= 1
            yield batch


def _optimizers(network: Any, heads: Heads, recipe: Recipe) -> tuple[torch.optim.Optimizer, ...]:
    """Return Muon (Jordan and others 2024), which needs fewer tokens, for the matrices inside; AdamW for the rest."""
    inside = [p for name, p in network.named_parameters() if p.dim() > 1 and "embed" not in name]
    outside = [p for name, p in network.named_parameters() if p.dim() <= 1 or "embed" in name]
    outside += heads.parameters()
    return (
        torch.optim.Muon(inside, lr=recipe.rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outside, lr=recipe.rate, betas=(0.9, 0.97), weight_decay=0.0, fused=True),
    )


def _rate(step: int, recipe: Recipe) -> float:
    falls = recipe.steps * recipe.decay
    return recipe.rate * min((step + 1) / recipe.warm_up, 1.0, max((recipe.steps - step) / falls, 0.02))


def _resumed(network: Any, heads: Heads, optimizers: Sequence[torch.optim.Optimizer], folder: Path) -> int:
    file = folder / _CHECKPOINT
    if not file.is_file():
        return 0
    held = torch.load(file, weights_only=True)
    network.load_state_dict(held["network"])
    heads.load_state_dict(held["heads"])
    for optimizer, state in zip(optimizers, held["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    return int(held["step"])


def _save(network: Any, heads: Heads, optimizers: Sequence[torch.optim.Optimizer], step: int, folder: Path) -> None:
    fresh = folder / f"{_CHECKPOINT}.new"
    states = [optimizer.state_dict() for optimizer in optimizers]
    held = {"network": network.state_dict(), "heads": heads.state_dict(), "optimizers": states, "step": step}
    torch.save(held, fresh)
    os.replace(fresh, folder / _CHECKPOINT)
