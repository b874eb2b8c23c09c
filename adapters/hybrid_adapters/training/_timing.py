"""How long this machine takes for a step, measured on the recipe's own rows."""

from __future__ import annotations

import time
from typing import Any

import torch

from hybrid_adapters.training._job import Job
from hybrid_adapters.training.payback import Range

_REPEATS = 3


def seconds_per_token(trainer: Any, job: Job) -> Range:
    """Return the shortest and the longest time of a few steps, for each token that is read.

    The first step is left out: it allocates what later ones reuse. Nothing is learned of them.

    Args:
        trainer: The one that would train.
        job: What it would train on.
    """
    batch = next(iter(trainer.get_train_dataloader()))
    found = [_step(trainer, dict(batch)) for _ in range(1 + _REPEATS)][1:]
    rows = batch["input_ids"]
    tokens = int(batch["attention_mask"].sum()) if "attention_mask" in batch else rows.numel()
    return Range(low=min(found) / tokens, high=max(found) / tokens)


def _step(trainer: Any, batch: dict[str, Any]) -> float:
    started = time.perf_counter()
    inputs = {name: each.to(trainer.model.device) if hasattr(each, "to") else each for name, each in batch.items()}
    trainer.model.train()
    with trainer.compute_loss_context_manager():
        loss = trainer.compute_loss(trainer.model, inputs)
    loss.backward()
    trainer.model.zero_grad()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started
