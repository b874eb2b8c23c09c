"""What one training is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid_adapters.training._base import load_base
from hybrid_adapters.training._prepared import Prepared, prepare
from hybrid_adapters.training._schedule import Schedule, schedule_of
from hybrid_adapters.training.recipe import Recipe

if TYPE_CHECKING:
    from hybrid_adapters.local._loading import Loaded


@dataclass(frozen=True, kw_only=True)
class Job:
    """A recipe with everything that it names at hand."""

    recipe: Recipe
    """What is wanted."""

    base: Path
    """Folder of the base."""

    loaded: Loaded
    """The base."""

    prepared: Prepared
    """The rows."""

    schedule: Schedule
    """How they are gone through."""

    @property
    def tokens(self) -> int:
        """Tokens that are read in all epochs."""
        return round(sum(self.prepared.lengths) * self.schedule.epochs)


def job_of(recipe: Recipe) -> Job:
    """Return the job of a recipe.

    Raises:
        ModelFilesError: The base cannot be trained on.
        RowsError: A row may not or cannot be trained on.
        TrainingError: The mask proof fails.
    """
    base, loaded = load_base(recipe)
    prepared = prepare(recipe, loaded)
    schedule = schedule_of(
        recipe,
        lengths=prepared.lengths,
        parameters=loaded.network.num_parameters(),
        context=loaded.context,
        device=loaded.network.device.type,
    )
    return Job(recipe=recipe, base=base, loaded=loaded, prepared=prepared, schedule=schedule)
