"""What goes on while a trainer trains: progress, the loss curve, checkpoints, and faults that show in the figures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

from hybrid.errors import TrainingError
from hybrid_adapters.training._base import check_not_repacked
from hybrid_adapters.training._curve import Point, write_curve
from hybrid_adapters.training._run import Run

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a step, how much of it is done, and how much there is; None where that is not known yet."""

CURVE = "loss.csv"
"""Name of the curve's file."""

CHECKPOINT_SECONDS = 60.0
"""Least time between two checkpoints, and so about the most that a killed run loses."""


class Watch(TrainerCallback):
    """Follows one training.

    Args:
        run: Where the curve is kept.
        progress: Told of every update.
        before: Points of what is taken up again.
        measure: Returns the held-out loss; None where nothing is held out.
        every: Updates between two measurements.
    """

    def __init__(
        self, run: Run, progress: Progress, *, before: list[Point], measure: Callable[[], float] | None, every: int
    ) -> None:
        self.points = before
        self._run = run
        self._progress = progress
        self._measure = measure
        self._every = every
        self._started = self._saved = time.monotonic()

    def on_step_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Make sure that what was measured before the step froze nothing.

        Raises:
            TrainingError: Weights were repacked for inference.
        """
        check_not_repacked(model)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell of an update, and ask for a checkpoint when it is time."""
        self._progress("training", state.global_step, state.max_steps)
        if time.monotonic() - self._saved >= CHECKPOINT_SECONDS:
            control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Keep the figures of an update, and end a training that cannot come to anything.

        Raises:
            TrainingError: The loss is no number, or no gradient reaches the weights.
        """
        if not logs or "loss" not in logs:
            return
        loss, gradient = float(logs["loss"]), float(logs.get("grad_norm", math.nan))
        if not math.isfinite(loss) or not math.isfinite(gradient):
            raise TrainingError(
                f"the loss is no number at update {state.global_step}; lower learning_rate, and run with --fresh"
            )
        if gradient == 0.0:
            raise TrainingError(
                f"no gradient reaches the weights at update {state.global_step}, so that nothing would be learned; "
                "report this with the versions of bitsandbytes and torch"
            )
        held_out = self._held_out(state)
        seconds = round(time.monotonic() - self._started, 3)
        self.points.append(
            Point(
                step=state.global_step,
                loss=loss,
                held_out=held_out,
                rate=logs.get("learning_rate"),
                gradient=gradient,
                seconds=seconds,
            )
        )

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark a checkpoint as complete, with the curve up to it."""
        self._saved = time.monotonic()
        write_curve(self._run.folder / CURVE, self.points)
        self._run.complete(state.global_step)

    def _held_out(self, state: Any) -> float | None:
        due = state.global_step % self._every == 0 or state.global_step == state.max_steps
        return self._measure() if self._measure is not None and due else None
