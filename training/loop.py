"""The training loop: resumable, with its losses in a file."""

from __future__ import annotations

import csv
import math
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.batches import IGNORED, Row, batches, padded

LOSSES = "losses.csv"
_CHECKPOINT = "checkpoint.pt"
_LOGGED_EVERY = 20
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

    whole: float = 0.3
    """Part of the steps in which prompts are learnt as well: it teaches English and copying."""

    prompt_weight: float = 0.25
    """What a prompt's token counts there, a reply's counting 1."""

    choice_weight: float = 6.0
    """What a reply's evidence id counts: it is one token among dozens, and the one that matters."""

    short: int = 170
    """Tokens of the longest task that is learnt first, after the prompts."""

    short_part: float = 0.3
    """Part of the steps in which only such tasks are learnt."""

    seed: int = 0
    """Of the order, and of the first weights."""


def train(
    network: Any,
    rows: Sequence[Row],
    texts: Sequence[Row],
    recipe: Recipe,
    folder: Path,
    *,
    choices: Sequence[int] = (),
) -> None:
    """Learn, going on from the folder's checkpoint if it has one; the network is changed in place.

    Args:
        network: A causal network.
        rows: Tasks; read again from the beginning as often as needed.
        texts: Plain text, learnt from beside the tasks while prompts are learnt.
        recipe: Settings.
        folder: For checkpoint and losses.
        choices: Tokens that are evidence ids.
    """
    optimizers = _optimizers(network, recipe)
    first = _resumed(network, optimizers, folder)
    order = _order(rows, texts, recipe)
    ids = torch.tensor(choices, device=network.device)
    started, losses, read = time.monotonic(), 0.0, 0
    for step in range(first, recipe.steps):
        loss, tokens = _loss(network, order[step], recipe, ids, whole=step < recipe.whole * recipe.steps)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = _rate(step, recipe)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses, read = losses + loss.item(), read + tokens
        if (step + 1) % _LOGGED_EVERY == 0:
            _log(folder, step + 1, losses / _LOGGED_EVERY, read / (time.monotonic() - started))
            started, losses, read = time.monotonic(), 0.0, 0
        if (step + 1) % _SAVED_EVERY == 0 or step + 1 == recipe.steps:
            _save(network, optimizers, step + 1, folder)


def _loss(
    network: Any, rows: Sequence[Row], recipe: Recipe, choices: torch.Tensor, *, whole: bool
) -> tuple[torch.Tensor, int]:
    """Return the mean loss of the learnt tokens, for which alone logits are made, and how many tokens were read."""
    batch = padded(rows, pad=network.config.pad_token_id, whole=whole)
    ids = torch.from_numpy(batch.tokens).to(network.device)
    wanted = torch.from_numpy(batch.labels).to(network.device)[:, 1:]
    learnt = wanted != IGNORED
    with torch.autocast(network.device.type, torch.bfloat16):
        hidden = network.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        logits = network.lm_head(hidden[learnt])
    losses = torch.nn.functional.cross_entropy(logits.float(), wanted[learnt], reduction="none")
    reads = torch.tensor([[row.read] for row in rows], device=ids.device)
    prompts = torch.arange(1, ids.shape[1], device=ids.device) < reads
    weights = torch.where(prompts, recipe.prompt_weight, 1.0)
    weights[torch.isin(wanted, choices) & ~prompts] = recipe.choice_weight
    weights = weights[learnt]
    return (losses * weights).sum() / weights.sum(), sum(len(row.tokens) for row in rows)


def _order(rows: Sequence[Row], texts: Sequence[Row], recipe: Recipe) -> list[list[Row]]:
    """Return the batch of every step: tasks with plain text among them, then short tasks, then all tasks."""
    generator = random.Random(recipe.seed)
    first, second = round(recipe.whole * recipe.steps), round(recipe.short_part * recipe.steps)
    short = [row for row in rows if len(row.tokens) <= recipe.short]
    parts = (([*rows, *texts], first), (short, second), (rows, recipe.steps - first - second))
    return [batch for held, steps in parts for batch in _repeated(held, steps, recipe, generator)]


def _repeated(rows: Sequence[Row], steps: int, recipe: Recipe, generator: random.Random) -> Iterator[list[Row]]:
    """Yield so many batches, going through the rows again in another order as often as needed."""
    while steps > 0:
        for batch in batches(rows, tokens=recipe.batch_tokens, generator=generator)[:steps]:
            steps -= 1
            yield batch


def _optimizers(network: Any, recipe: Recipe) -> tuple[torch.optim.Optimizer, ...]:
    """Return Muon (Jordan and others 2024), which needs fewer tokens, for the matrices inside; AdamW for the rest."""
    inside = [p for name, p in network.named_parameters() if p.dim() > 1 and "embed" not in name]
    outside = [p for name, p in network.named_parameters() if p.dim() <= 1 or "embed" in name]
    return (
        torch.optim.Muon(inside, lr=recipe.rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outside, lr=recipe.rate, betas=(0.9, 0.97), weight_decay=0.0, fused=True),
    )


def _rate(step: int, recipe: Recipe) -> float:
    falls = recipe.steps * recipe.decay
    return recipe.rate * min((step + 1) / recipe.warm_up, 1.0, max((recipe.steps - step) / falls, 0.02))


def _resumed(network: Any, optimizers: Sequence[torch.optim.Optimizer], folder: Path) -> int:
    file = folder / _CHECKPOINT
    if not file.is_file():
        return 0
    held = torch.load(file, weights_only=True)
    network.load_state_dict(held["network"])
    for optimizer, state in zip(optimizers, held["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    return int(held["step"])


def _save(network: Any, optimizers: Sequence[torch.optim.Optimizer], step: int, folder: Path) -> None:
    fresh = folder / f"{_CHECKPOINT}.new"
    states = [optimizer.state_dict() for optimizer in optimizers]
    torch.save({"network": network.state_dict(), "optimizers": states, "step": step}, fresh)
    os.replace(fresh, folder / _CHECKPOINT)


def _log(folder: Path, step: int, loss: float, speed: float) -> None:
    with (folder / LOSSES).open("a", newline="") as file:
        csv.writer(file).writerow([step, f"{loss:.4f}", f"{math.exp(min(loss, 20)):.2f}", f"{speed:.0f}"])
    print(f"step {step}  loss {loss:.3f}  {speed:.0f} tokens/s", flush=True)
