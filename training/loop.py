"""The training loop: resumable, with its losses in a file."""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from training.batches import IGNORED, Row, batches, padded

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOSSES = "losses.csv"
_CHECKPOINT = "checkpoint.pt"
_LOGGED_EVERY = 20
# One line of several answers.
_RARE = 4.0
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

    line_weight: float = 1.0
    """What it counts to know, half way up the network, which lines the reply points at."""

    line_layer: int = 4
    """Layers that may be used for that."""

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
    head = torch.nn.Linear(network.config.hidden_size, 1, device=network.device)
    optimizers = _optimizers(network, head, recipe)
    first = _resumed(network, head, optimizers, folder)
    order = _order(rows, texts, recipe)
    ids = torch.tensor(choices, device=network.device)
    started, losses, read = time.monotonic(), np.zeros(2), 0
    for step in range(first, recipe.steps):
        replies, lines, tokens = _loss(
            network, head, order[step], recipe, ids, whole=step < recipe.whole * recipe.steps
        )
        (replies + recipe.line_weight * lines).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = _rate(step, recipe)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses, read = losses + (replies.item(), lines.item()), read + tokens
        if (step + 1) % _LOGGED_EVERY == 0:
            _log(folder, step + 1, losses / _LOGGED_EVERY, read / (time.monotonic() - started))
            started, losses, read = time.monotonic(), np.zeros(2), 0
        if (step + 1) % _SAVED_EVERY == 0 or step + 1 == recipe.steps:
            _save(network, head, optimizers, step + 1, folder)


def _loss(
    network: Any, head: Any, rows: Sequence[Row], recipe: Recipe, choices: torch.Tensor, *, whole: bool
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Return the mean losses of learnt tokens, for which alone logits are made, and of lines; and the tokens read."""
    batch = padded(rows, pad=network.config.pad_token_id, whole=whole)
    ids = torch.from_numpy(batch.tokens).to(network.device)
    wanted = torch.from_numpy(batch.labels).to(network.device)[:, 1:]
    learnt = wanted != IGNORED
    with torch.autocast(network.device.type, torch.bfloat16):
        found = network.model(input_ids=ids, use_cache=False, output_hidden_states=True)
        logits = network.lm_head(found.last_hidden_state[:, :-1][learnt])
        lines = _line_loss(head, found.hidden_states[recipe.line_layer], rows)
    losses = torch.nn.functional.cross_entropy(logits.float(), wanted[learnt], reduction="none")
    reads = torch.tensor([[row.read] for row in rows], device=ids.device)
    prompts = torch.arange(1, ids.shape[1], device=ids.device) < reads
    weights = torch.where(prompts, recipe.prompt_weight, 1.0)
    weights[torch.isin(wanted, choices) & ~prompts] = recipe.choice_weight
    weights = weights[learnt]
    loss = (losses * weights).sum() / weights.sum()
    return loss, lines, sum(len(row.tokens) for row in rows)


def _line_loss(head: Any, hidden: torch.Tensor, rows: Sequence[Row]) -> torch.Tensor:
    """Return how badly a linear head tells, at the end of each line of evidence, whether the reply points at it.

    The reply's one token says too little to learn comparing from: without this the network stays at the first line.
    The head is thrown away after the training.
    """
    places = [(number, int(end)) for number, row in enumerate(rows) for end in row.ends]
    if not places:
        return hidden.new_zeros(())
    right = torch.tensor([float(each) for row in rows for each in row.right], device=hidden.device)
    scores = head(hidden[tuple(zip(*places, strict=True))]).squeeze(-1).float()
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, right, pos_weight=scores.new_tensor(_RARE))


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


def _optimizers(network: Any, head: Any, recipe: Recipe) -> tuple[torch.optim.Optimizer, ...]:
    """Return Muon (Jordan and others 2024), which needs fewer tokens, for the matrices inside; AdamW for the rest."""
    inside = [p for name, p in network.named_parameters() if p.dim() > 1 and "embed" not in name]
    outside = [p for name, p in network.named_parameters() if p.dim() <= 1 or "embed" in name]
    outside += head.parameters()
    return (
        torch.optim.Muon(inside, lr=recipe.rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outside, lr=recipe.rate, betas=(0.9, 0.97), weight_decay=0.0, fused=True),
    )


def _rate(step: int, recipe: Recipe) -> float:
    falls = recipe.steps * recipe.decay
    return recipe.rate * min((step + 1) / recipe.warm_up, 1.0, max((recipe.steps - step) / falls, 0.02))


def _resumed(network: Any, head: Any, optimizers: Sequence[torch.optim.Optimizer], folder: Path) -> int:
    file = folder / _CHECKPOINT
    if not file.is_file():
        return 0
    held = torch.load(file, weights_only=True)
    network.load_state_dict(held["network"])
    head.load_state_dict(held["head"])
    for optimizer, state in zip(optimizers, held["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    return int(held["step"])


def _save(network: Any, head: Any, optimizers: Sequence[torch.optim.Optimizer], step: int, folder: Path) -> None:
    fresh = folder / f"{_CHECKPOINT}.new"
    states = [optimizer.state_dict() for optimizer in optimizers]
    held = {"network": network.state_dict(), "head": head.state_dict(), "optimizers": states, "step": step}
    torch.save(held, fresh)
    os.replace(fresh, folder / _CHECKPOINT)


def _log(folder: Path, step: int, losses: NDArray[np.float64], speed: float) -> None:
    replies, lines = losses
    with (folder / LOSSES).open("a", newline="") as file:
        csv.writer(file).writerow([step, f"{replies:.4f}", f"{lines:.4f}", f"{speed:.0f}"])
    print(f"step {step}  replies {replies:.3f}  lines {lines:.3f}  {speed:.0f} tokens/s", flush=True)
