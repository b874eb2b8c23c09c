"""``python -m training DATA RUN``: train hybrid-mini, going on where a killed run stopped, and put it into the package.

Everything depends on the data, the options and the seed. On two processor cores the small size takes about an hour; on
a graphics card take ``--size full`` and some twenty times the steps.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from training.beginning import begin
from training.card import card
from training.evaluate import evaluate
from training.export import export
from training.loop import Recipe, train
from training.losses import draw
from training.meter import LOSSES
from training.network import SIZES, new_network
from training.prepare import Prepared, prepare
from training.supervision import Heads, Words
from training.tokenizer import choice_tokens

_ROOT = Path(__file__).parents[1]
_WEIGHTS = _ROOT / "adapters" / "hybrid_adapters" / "mini" / "weights"
_RECORD = _ROOT / "docs" / "model"
_TRAINED = "trained"
_SCORES = "scores.json"


def main() -> None:
    """Prepare, train, evaluate, export; each step is skipped where its result is there."""
    options = _options()
    prepared = prepare(
        options.data,
        options.run,
        invented=options.invented,
        keywords=options.keywords,
        characters=options.characters,
        seed=options.seed,
    )
    recipe = Recipe(steps=options.steps, seed=options.seed)
    if not (options.run / _TRAINED).is_dir():
        _train(prepared, recipe, options.size, options.run)
    _ship(options, recipe, prepared)


def _train(prepared: Prepared, recipe: Recipe, size: str, run: Path) -> None:
    import torch

    torch.manual_seed(recipe.seed)
    network = new_network(prepared.tokenizer, size).to("cuda" if torch.cuda.is_available() else "cpu")
    begin(network, prepared.tokenizer)
    choices = choice_tokens(prepared.tokenizer)
    heads = Heads(network.config, Words(prepared.tokenizer, prepared.tasks), choices)
    train(network, prepared.tasks, prepared.texts, recipe, run, heads=heads, choices=choices)
    network.save_pretrained(run / _TRAINED)
    prepared.tokenizer.save_pretrained(run / _TRAINED)


def _replies(prepared: Prepared) -> list[str]:
    return [prepared.tokenizer.decode(row.tokens[row.read :], skip_special_tokens=True) for row in prepared.tasks]


def _ship(options: Any, recipe: Recipe, prepared: Prepared) -> None:
    """Write the weights twice: scores are those of the files that ship, and the card that ships names them."""
    facts = {
        "size": options.size,
        "parameters": "6.9 million" if options.size == "small" else "28 million",
        "rows of tasks": len(prepared.tasks),
        "tokens of tasks": sum(len(row.tokens) for row in prepared.tasks),
        "tokens of plain text": sum(len(row.tokens) for row in prepared.texts),
    }
    replies = _replies(prepared)
    export(options.run / _TRAINED, _WEIGHTS, "", replies)
    scores = evaluate(_WEIGHTS, options.data, questions=options.questions, seed=options.seed)
    (options.run / _SCORES).write_text(json.dumps(scores, indent=2) + "\n", "utf-8")
    written = card(recipe, facts, scores)
    size = export(options.run / _TRAINED, _WEIGHTS, written, replies)
    _RECORD.mkdir(parents=True, exist_ok=True)
    (_RECORD / "hybrid-mini.md").write_text(written, "utf-8")
    draw(options.run / LOSSES, _RECORD / "losses.svg")
    print(f"{_WEIGHTS}: {size / 1e6:.1f} MB\n{json.dumps(scores, indent=2)}")


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the corpora")
    parser.add_argument("run", type=Path, help="folder of the run: rows, checkpoint, losses")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--invented", type=int, default=24_000, help="tasks about invented firms")
    parser.add_argument("--keywords", type=int, default=16_000, help="tasks made of sentences of plain text")
    parser.add_argument("--characters", type=int, default=12_000_000, help="of plain text")
    parser.add_argument("--questions", type=int, default=400, help="asked to score the result")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
