"""How long and how fast a recipe trains: what it says, and what it leaves to the method and the size of the base."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from hybrid_adapters.training.recipe import Method, Recipe

_SMALL = 100_000_000
# Rates: QLoRA's for large bases (Dettmers et al. 2023, table 9), TRL's own for full weights and preferences. A small
# base needs a higher one and many updates: on hybrid-mini and the sample's formal voice, two epochs in updates of one
# row at 3e-3 came to a loss of 0.3, four epochs in updates of eight rows at 1e-3 to one of 1.6.
_RATES: dict[Method, tuple[float, float]] = {
    "qlora": (3e-3, 2e-4),
    "lora": (3e-3, 2e-4),
    "full": (3e-4, 2e-5),
    "dpo": (1e-4, 5e-6),
    "pretrain": (3e-4, 5e-5),
}
_EPOCHS: dict[Method, float] = {"qlora": 3, "lora": 3, "full": 3, "dpo": 1, "pretrain": 1}
# A small base learns a voice from about this many rows read, and no row more often than this.
_ROWS_READ, _MOST_EPOCHS = 600, 4
_TOKENS_AT_ONCE = {"cpu": 8_192, "cuda": 16_384}
_PACKED = 4_096
_WINDOW = 8


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How a training goes through its rows."""

    epochs: float
    """How often each row is read."""

    learning_rate: float
    """Highest rate."""

    at_once: int
    """Rows in one forward pass."""

    accumulated: int
    """Forward passes between two updates."""

    steps: int
    """Number of updates."""

    packed: int | None = None
    """Tokens of a sequence that several rows share; None where each row stands alone."""

    @property
    def batch(self) -> int:
        """Rows between two updates."""
        return self.at_once * self.accumulated


def schedule_of(recipe: Recipe, *, lengths: Sequence[int], parameters: int, context: int, device: str) -> Schedule:
    """Return the schedule of a recipe.

    Args:
        recipe: The recipe; what it says holds.
        lengths: Tokens of each row; of a preference pair those of both replies.
        parameters: Of the base.
        context: Most tokens that the base reads.
        device: ``cpu`` or ``cuda``.
    """
    large = parameters >= _SMALL
    epochs = recipe.epochs or _epochs(recipe.method, len(lengths), large=large)
    batch = min(recipe.batch or _batch(recipe.method, large=large), len(lengths))
    rate = recipe.learning_rate or _RATES[recipe.method][large]
    if recipe.method != "dpo" and (device == "cuda" if recipe.packing is None else recipe.packing):
        packed = max(max(lengths), min(context, _PACKED))
        blocks, accumulated = ceil(sum(lengths) / packed), max(1, round(batch * sum(lengths) / len(lengths) / packed))
        steps = ceil(blocks * epochs / accumulated)
        return Schedule(
            epochs=epochs, learning_rate=rate, at_once=1, accumulated=accumulated, steps=steps, packed=packed
        )
    accumulated = ceil(batch / max(1, min(batch, _TOKENS_AT_ONCE[device] // max(lengths))))
    at_once = ceil(batch / accumulated)
    steps = max(1, ceil(round(len(lengths) * epochs) / (at_once * accumulated)))
    return Schedule(epochs=epochs, learning_rate=rate, at_once=at_once, accumulated=accumulated, steps=steps)


def _batch(method: Method, *, large: bool) -> int:
    if large:
        return 16
    return 1 if method in ("qlora", "lora") else 8


def _epochs(method: Method, rows: int, *, large: bool) -> float:
    if large or method in ("dpo", "pretrain"):
        return _EPOCHS[method]
    return max(1, min(_MOST_EPOCHS, round(_ROWS_READ / rows)))


def order_of(lengths: Sequence[int], schedule: Schedule, seed: int) -> list[int]:
    """Return the place of every row that is read, in order, over all epochs.

    Each epoch is shuffled; then rows of similar length among neighbours are put together, so that little is padded. The
    order is written down once: a run that is taken up again goes on in it.
    """
    draw = random.Random(seed)
    wanted = max(1, round(len(lengths) * schedule.epochs))
    drawn: list[int] = []
    while len(drawn) < wanted:
        drawn += draw.sample(range(len(lengths)), len(lengths))
    found: list[int] = []
    for at in range(0, wanted, _WINDOW * schedule.batch):
        window = sorted(drawn[at : min(at + _WINDOW * schedule.batch, wanted)], key=lambda place: lengths[place])
        batches = [window[start : start + schedule.batch] for start in range(0, len(window), schedule.batch)]
        # Only the last batch of all may lack rows, or those after it would no longer be what is read together.
        short = [batches.pop()] if len(batches[-1]) < schedule.batch else []
        draw.shuffle(batches)
        found += (place for batch in (*batches, *short) for place in batch)
    return found
