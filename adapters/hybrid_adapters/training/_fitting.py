"""Running a trainer: from the last checkpoint where there is one, watched, to the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PrinterCallback

from hybrid_adapters.training._curve import Point, read_curve
from hybrid_adapters.training._held_out import measuring
from hybrid_adapters.training._job import Job
from hybrid_adapters.training._run import Run
from hybrid_adapters.training._trainers import Pair, preference_trainer, supervised_trainer
from hybrid_adapters.training._watching import CURVE, Progress, Watch


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained network."""

    network: Any
    """With its adapter, where it has one."""

    points: tuple[Point, ...]
    """The loss curve."""

    steps: int
    """Number of updates."""

    resumed_at: int
    """Update at which a killed run was taken up again; 0 for a whole one."""


def new_trainer(job: Job, folder: Path) -> Any:
    """Return a trainer that holds the job's rows, unchanged, and a new adapter where the method makes one.

    Raises:
        TrainingError: The trainer changed rows that had been proved.
    """
    rows = job.prepared.rows
    if job.prepared.rejected:
        pairs = [Pair(chosen=one, rejected=two) for one, two in zip(rows, job.prepared.rejected, strict=True)]
        trainer = preference_trainer(job.recipe, job.loaded, pairs, job.schedule, folder)
    else:
        trainer = supervised_trainer(job.recipe, job.loaded, rows, job.schedule, folder)
    trainer.remove_callback(PrinterCallback)
    return trainer


def fit(trainer: Any, job: Job, run: Run, progress: Progress) -> Fitted:
    """Train to the end.

    Raises:
        TrainingError: The training comes to nothing.
    """
    checkpoint = run.checkpoint()
    reached = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    watch = Watch(
        run,
        progress,
        before=read_curve(run.folder / CURVE, until=reached),
        measure=measuring(trainer.model, job.prepared.held_out, job.loaded.tokenizer),
        every=max(1, round(job.schedule.steps / max(1, round(job.schedule.epochs)))),
    )
    trainer.add_callback(watch)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return Fitted(
        network=trainer.model, points=tuple(watch.points), steps=trainer.state.global_step, resumed_at=reached
    )
