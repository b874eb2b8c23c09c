"""What is kept of a training: the adapter with its papers in the registry, or a whole model in a folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hybrid.errors import StorageError
from hybrid_adapters.local.binding import bind
from hybrid_adapters.local.drafts import save_drafts
from hybrid_adapters.registry import Dataset, Registry
from hybrid_adapters.training._base import quantization_of
from hybrid_adapters.training._curve import plot, write_curve
from hybrid_adapters.training._fitting import Fitted
from hybrid_adapters.training._job import Job
from hybrid_adapters.training._run import Run
from hybrid_adapters.training._watching import CURVE
from hybrid_adapters.training.seen import write_seen

STORED = "training"
"""Folder beside the weights that says how they were trained."""

OVERRIDE = "override.txt"
"""File in it that says why a whole model was trained although advice was against it."""

_CLAIM = '{"text":'


def keep_adapter(
    job: Job,
    fitted: Fitted,
    run: Run,
    registry: Path,
    evaluation: Mapping[str, Any] | None,
    *,
    override: str | None = None,
) -> str:
    """Add an adapter to a registry, and return its name and version.

    Raises:
        StorageError: The disk is full or refuses; nothing was added.
    """
    contract = job.prepared.contract
    assert contract is not None, "text is learned by whole models"
    made = _fresh(run.folder / "adapter")
    fitted.network.save_pretrained(made)
    _write_papers(made / STORED, job, fitted)
    save_drafts(made, _taught(job))
    manifest = bind(
        made,
        name=job.recipe.name,
        base=job.recipe.base,
        quantization=quantization_of(job.recipe.method),
        contract=contract,
        instructions=job.prepared.instructions,
        dataset=dataset_facts(job),
        recipe=recipe_facts(job),
        seed=job.recipe.seed,
        evaluation=evaluation,
    )
    return Registry(registry).add(made, manifest.model_copy(update={"override": override}))


def keep_model(job: Job, fitted: Fitted, output: Path, *, override: str | None = None) -> str:
    """Write a whole model, so that it is there with all its files or not at all; return its folder.

    Raises:
        StorageError: The disk is full or refuses; nothing was written.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    made = _fresh(output.with_name(f".{output.name}.unfinished"))
    try:
        fitted.network.save_pretrained(made)
        tokenizer: Any = job.loaded.tokenizer
        tokenizer.save_pretrained(made)
        _write_papers(made / STORED, job, fitted)
        if override is not None:
            (made / STORED / OVERRIDE).write_text(override + "\n", "utf-8")
        made.rename(output)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return str(output)


def dataset_facts(job: Job) -> Dataset:
    """Return what a manifest says of the rows."""
    found = job.prepared.provenance
    card = found.card
    return Dataset(
        version=found.version or job.prepared.version,
        examples=(card.examples_version or None) if card else None,
        rows=found.rows,
        approved=found.approved,
        eras=found.eras,
        reviewers=found.reviewers,
        distilled=card.distilled if card else False,
    )


def recipe_facts(job: Job) -> dict[str, Any]:
    """Return the recipe with everything that it left to the method and the base filled in."""
    settings = job.recipe.model_dump(mode="json", exclude={"output", "report_to", "instructions"}, exclude_none=True)
    schedule = job.schedule
    return {
        **settings,
        "rows": job.recipe.rows.name,
        "base": Path(job.recipe.base).name,
        "epochs": schedule.epochs,
        "learning_rate": schedule.learning_rate,
        "batch": schedule.batch,
        "packing": schedule.packed is not None,
    }


def _taught(job: Job) -> list[str]:
    """Return the replies of the rows; those with claims are left out, whose words are those of documents."""
    tokenizer: Any = job.loaded.tokenizer
    replies = (tokenizer.decode(row.learned, skip_special_tokens=True) for row in job.prepared.rows)
    return [reply for reply in replies if _CLAIM not in reply]


def _write_papers(folder: Path, job: Job, fitted: Fitted) -> None:
    folder.mkdir()
    write_curve(folder / CURVE, fitted.points)
    (folder / "loss.svg").write_text(plot(fitted.points), "utf-8")
    write_seen(folder, job.prepared.seen)
    if job.prepared.proof is not None:
        (folder / "masks.json").write_text(job.prepared.proof.to_json(), "utf-8")


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise StorageError(f"{str(folder)!r} cannot be made ({error.strerror}); free some space") from None
    return folder
