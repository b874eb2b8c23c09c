"""``method = "ranker"``: the shipped evidence ranker, trained on with a team's own golden questions."""

# The types of torch are incomplete.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from hybrid.errors import ConfigError, MissingExtraError, RowsError
from hybrid_adapters.ranker._adapter import SHIPPED, read_adapter
from hybrid_adapters.ranker._base import base_folder
from hybrid_adapters.ranker._rows import Row
from hybrid_adapters.ranker.choices import ChoiceRow, choices_version, read_choices
from hybrid_adapters.registry.manifest import Dataset
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.training._base import quiet_libraries
from hybrid_adapters.training.recipe import Recipe
from hybrid_adapters.training.seen import write_seen
from hybrid_adapters.training.trained import Trained, peak_memory

if TYPE_CHECKING:
    from hybrid_adapters.ranker._fitting import Recipe as FitRecipe
    from hybrid_adapters.ranker._network import CrossEncoderNetwork
    from hybrid_adapters.training._watching import Progress

# The encoder and its adapter are small, and the rows few: they are read three times, at half the first rate.
_EPOCHS = 3.0
_RATE = 5e-4
# As many of those that look most like an answer stand against one: more teach little and cost as much each.
_OTHERS = 10
_LEAST = 20
_PAPERS = "training"
_SOURCE = "golden"


def tune(
    recipe: Recipe,
    registry: Path,
    *,
    progress: Progress,
    announce: Callable[[RenderableType], None],
    override: str | None,
) -> Trained:
    """Train the shipped ranker on with the rows for training, and keep it as the next version of its name.

    It takes about a minute for a thousand rows and epoch on one core, so a killed run begins anew.

    Raises:
        ConfigError: The recipe names a base; that of the ranker is the offline embedding model.
        RowsError: The rows cannot be read, or are too few.
        MissingExtraError: The packages for it are not installed.
        StorageError: The disk is full; nothing was added to the registry.
    """
    started = time.monotonic()
    if recipe.base != Recipe.model_fields["base"].default:
        raise ConfigError(
            f"base {recipe.base!r} is of no use to a ranker, which adapts the embedding model; leave it out"
        )
    rows = read_choices(recipe.rows)
    training = [row for row in rows if row.split == "train"]
    if len(training) < _LEAST:
        raise RowsError(
            f"{recipe.rows}: {len(training)} training row(s); a ranker takes hundreds, and at least {_LEAST}"
        )
    with quiet_libraries():
        network, settings = _network(recipe)
    learned = _repeated(training, recipe)
    announce(
        Text(f"ranker: {len(training):,} rows, {len(rows) - len(training):,} held out, read {_epochs(recipe):g} times")
    )
    from hybrid_adapters.ranker._fitting import fit

    steps, tokens = fit(
        network, learned, settings, progress=lambda step, of, loss: progress(f"loss {loss:.2f}", step, of)
    )
    dataset = Dataset(version=choices_version(rows), rows=len(rows), approved=len(rows), sources={_SOURCE: len(rows)})
    return Trained(
        label=_kept(network, dataset, settings, recipe, training, registry, override),
        rows=len(training),
        steps=steps,
        tokens=tokens,
        parameters=sum(tensor.numel() for tensor in network.trained().values()),
        seconds=time.monotonic() - started,
        peak_memory=peak_memory(),
        resumed_at=0,
        before=None,
        after=None,
    )


def _network(recipe: Recipe) -> tuple[CrossEncoderNetwork, FitRecipe]:
    """Return the shipped ranker as a network, and how it is trained on; its rank and alpha stay what they are."""
    try:
        from safetensors.torch import load

        from hybrid_adapters.ranker._fitting import Recipe as FitRecipe
        from hybrid_adapters.ranker._network import CrossEncoderNetwork
    except ModuleNotFoundError:
        raise MissingExtraError(feature="training a ranker", extra="train") from None
    shipped = read_adapter(SHIPPED, base_folder())
    settings = FitRecipe(alpha=shipped.alpha, rate=recipe.learning_rate or _RATE, warm_up=10, seed=recipe.seed)
    network = CrossEncoderNetwork(base_folder(), rank=settings.rank, alpha=settings.alpha)
    network.take(load(shipped.files.weights))
    return network, settings


def _kept(
    network: CrossEncoderNetwork,
    dataset: Dataset,
    settings: FitRecipe,
    recipe: Recipe,
    training: Sequence[ChoiceRow],
    registry: Path,
    override: str | None,
) -> str:
    from hybrid_adapters.ranker._save import save

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "adapter"
        manifest = save(network, dataset, settings, made, name=recipe.name)
        (made / _PAPERS).mkdir()
        write_seen(made / _PAPERS, (row.digest for row in training))
        return Registry(registry).add(made, manifest.model_copy(update={"override": override}))


def _repeated(rows: Sequence[ChoiceRow], recipe: Recipe) -> list[Row]:
    """Return the rows as often as they are read, in another order each time."""
    generator = random.Random(recipe.seed)
    made = [_row(row) for row in rows]
    whole, part = divmod(_epochs(recipe), 1)
    passes = [generator.sample(made, len(made)) for _ in range(int(whole))]
    return [*(row for each in passes for row in each), *generator.sample(made, round(part * len(made)))]


def _row(row: ChoiceRow) -> Row:
    others = [each.text for each in row.candidates if not each.answers]
    return Row(
        question=row.question,
        answers=tuple(each.text for each in row.candidates if each.answers),
        others=tuple(others[:_OTHERS]),
        source=_SOURCE,
    )


def _epochs(recipe: Recipe) -> float:
    return recipe.epochs or _EPOCHS
