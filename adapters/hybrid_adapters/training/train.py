"""From a recipe to an adapter in the registry: proved, trained, measured, bound."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from hybrid.errors import ConfigError, HybridError
from hybrid_adapters.training._base import check_tracker, quiet_libraries
from hybrid_adapters.training._job import Job, job_of
from hybrid_adapters.training._run import Run, storage_error
from hybrid_adapters.training.proof import view
from hybrid_adapters.training.recipe import Recipe
from hybrid_adapters.training.trained import Trained, peak_memory

if TYPE_CHECKING:
    from hybrid_adapters.training._held_out import HeldOut
    from hybrid_adapters.training._watching import Progress

_BEFORE = "before.json"


def train(
    recipe: Recipe,
    registry: Path,
    *,
    progress: Progress = lambda step, done, total: None,
    announce: Callable[[RenderableType], None] = lambda view: None,
    fresh: bool = False,
    override: str | None = None,
) -> Trained:
    """Train what a recipe describes, and keep it as the next version of its name.

    A run that was killed is taken up again at its last checkpoint, with the same outcome. On one machine the same
    recipe, rows and base make the same weights, bit by bit.

    Args:
        recipe: The recipe.
        registry: Folder of the registry.
        progress: Told of every update.
        announce: Given what people should see before the start: the plan in one line, and one row with its mask.
        fresh: Whether to leave out what a killed run reached.
        override: Why it is trained although advice is against it; it is kept with the adapter.

    Raises:
        RowsError: A row may not or cannot be trained on.
        TrainingError: The mask proof fails, the training comes to nothing, or another process does the same.
        ModelFilesError: The base cannot be trained on.
        StorageError: The disk is full; nothing was added to the registry, and the run can be taken up again.
        MissingExtraError: The packages for it are not installed.
    """
    if recipe.output is not None and recipe.output.exists():
        raise ConfigError(f"{str(recipe.output)!r} is there already, and no model is overwritten; name another output")
    if recipe.method == "ranker":
        from hybrid_adapters.ranker.tuning import tune

        return tune(recipe, registry, progress=progress, announce=announce, override=override)
    check_tracker(recipe.report_to)
    with quiet_libraries():
        job = job_of(recipe)
        run = Run(recipe, job.base, job.prepared.version)
        try:
            with run.held(fresh=fresh):
                return _trained(job, run, registry, progress, announce, override)
        except HybridError:
            raise
        except Exception as error:
            if (full := storage_error(error, run.folder)) is not None:
                raise full from None
            raise


def _trained(
    job: Job,
    run: Run,
    registry: Path,
    progress: Progress,
    announce: Callable[[RenderableType], None],
    override: str | None,
) -> Trained:
    from hybrid_adapters.training._fitting import fit, new_trainer
    from hybrid_adapters.training._keeping import keep_adapter, keep_model

    started = time.monotonic()
    before = _before(job, run, progress)
    trainer = new_trainer(job, run.folder)
    parameters = sum(weights.numel() for weights in trainer.model.parameters() if weights.requires_grad)
    announce(_plan_line(job, parameters))
    if job.prepared.proof is not None:
        announce(view(job.prepared.rows[0], job.loaded.tokenizer, job.prepared.stops))
    fitted = fit(trainer, job, run, progress)
    after = _measured(job, fitted.network, progress)
    evaluation = {"before": before.fields(), "after": after.fields()} if before and after else None
    label = (
        keep_adapter(job, fitted, run, registry, evaluation, override=override)
        if job.recipe.output is None
        else keep_model(job, fitted, job.recipe.output, override=override)
    )
    run.forget()
    return Trained(
        label=label,
        rows=len(job.prepared.rows),
        steps=fitted.steps,
        tokens=job.tokens,
        parameters=parameters,
        seconds=time.monotonic() - started,
        peak_memory=peak_memory(),
        resumed_at=fitted.resumed_at,
        before=before,
        after=after,
    )


def _before(job: Job, run: Run, progress: Progress) -> HeldOut | None:
    """Return the figures of the base; those of a killed run are still true."""
    from hybrid_adapters.training._held_out import HeldOut

    kept = run.folder / _BEFORE
    if kept.is_file():
        return HeldOut(**json.loads(kept.read_text("utf-8")))
    found = _measured(job, job.loaded.network, progress)
    if found is not None:
        # Whoever is killed here leaves no half of it.
        unfinished = kept.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(found.fields()), "utf-8")
        unfinished.replace(kept)
    return found


def _measured(job: Job, network: Any, progress: Progress) -> HeldOut | None:
    from hybrid_adapters.training._held_out import measure

    if not job.prepared.held_out:
        return None
    progress("measuring", 0, None)
    return measure(network, job.loaded, job.prepared.held_out, job.prepared.contract, job.prepared.stops)


def _plan_line(job: Job, parameters: int) -> Text:
    share = parameters / job.loaded.network.num_parameters()
    schedule = job.schedule
    return Text(
        f"{job.recipe.method} on {Path(job.recipe.base).name}: {len(job.prepared.rows):,} rows, "
        f"{len(job.prepared.held_out):,} held out, {job.tokens:,} tokens in {schedule.steps:,} updates of "
        f"{schedule.batch} rows; {parameters:,} of its weights ({share:.1%}) are trained at a rate of "
        f"{schedule.learning_rate:g}"
    )
