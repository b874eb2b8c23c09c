"""``python -m hybrid_adapters.ranker.train DATA OUT``: train the evidence ranker on public data, on a CPU.

One pass over the rows, in batches of similar length. The loss is that of a choice among a question's candidates and
"none of these", whose score is always 0; so a score means the same for every question. Takes about half an hour on two
cores; the same seed gives the same batches.
"""

# The types of torch are incomplete.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import torch

from hybrid_adapters.ranker._base import base_folder
from hybrid_adapters.ranker._claims import claim_rows
from hybrid_adapters.ranker._fitting import Recipe, fit
from hybrid_adapters.ranker._network import CrossEncoderNetwork
from hybrid_adapters.ranker._questions import question_rows
from hybrid_adapters.ranker._rows import Row
from hybrid_adapters.ranker._save import save
from hybrid_adapters.ranker._squad import squad_rows
from hybrid_adapters.registry.manifest import Dataset

_SHOWN_EVERY = 25


def main() -> None:
    """Read the data, train, and write adapter and manifest."""
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    recipe = Recipe()
    rows = training_rows(data, limit=recipe.rows, seed=recipe.seed)
    torch.manual_seed(recipe.seed)
    network = CrossEncoderNetwork(base_folder(), rank=recipe.rank, alpha=recipe.alpha)
    fit(network, rows, recipe, progress=_print)
    dataset = Dataset(version=None, rows=len(rows), approved=0, sources=Counter(row.source for row in rows))
    save(network, dataset, recipe, out)


def _print(step: int, steps: int, loss: float) -> None:
    if step % _SHOWN_EVERY == 0:
        print(f"step {step}/{steps}  loss {loss:.3f}", flush=True)


def training_rows(data: Path, *, limit: int, seed: int) -> list[Row]:
    """Return rows in random order."""
    generator = random.Random(seed)
    rows = [
        *squad_rows(data / "squad2" / "dev-v2.0.json", generator),
        *question_rows(data / "qa", generator),
        *claim_rows(data / "scifact"),
    ]
    generator.shuffle(rows)
    return [row for row in rows if row.texts][:limit]


if __name__ == "__main__":
    main()
