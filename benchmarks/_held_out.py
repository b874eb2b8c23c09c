"""Which examples a voice was trained on and which were held out, by the very rows that its manifest names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks._voice_judge import phrases_of
from benchmarks.data import REPOSITORY
from benchmarks.rows import Skipped
from hybrid.errors import RowsError
from hybrid.types import Principal
from hybrid_adapters.registry.manifest import Manifest
from hybrid_adapters.rows.card import load_dataset
from hybrid_adapters.rows.example import Example, load_examples
from hybrid_adapters.training.recipe import load_recipe

SAMPLE = REPOSITORY / "examples" / "support_bot"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question and who asks it."""

    text: str
    principal: Principal


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """A voice's examples, split as its training split them."""

    questions: tuple[Question, ...]
    """Held out."""

    phrases: tuple[str, ...]
    """Of the replies to them."""

    taught: tuple[Question, ...]
    """Trained on."""

    taught_phrases: tuple[str, ...]
    """Of the replies to them."""


def held_out_of(voice: str, manifest: Manifest) -> HeldOut:
    """Return the examples of a voice.

    Raises:
        Skipped: Its rows are not there, or are not those that it was trained on.
    """
    path = load_recipe(SAMPLE / f"{voice}.toml").rows
    try:
        rows, card = load_dataset(path)
    except RowsError as error:
        raise Skipped(f"{error}; the rows of a voice say what was held out") from None
    if card.version != manifest.dataset.version:
        raise Skipped(f"{path} holds other rows than {manifest.label} was trained on; build the same, or train anew")
    away = {row.example for row in rows if row.split == "held-out"}
    built = {row.example for row in rows}
    examples = [placed.example for placed in load_examples([SAMPLE / "voices" / f"{voice}.jsonl"])]
    held = [example for example in examples if example.id in away]
    taught = [example for example in examples if example.id in built - away]
    return HeldOut(
        questions=_questions(held),
        phrases=tuple(phrases_of(example.reply) for example in held),
        taught=_questions(taught),
        taught_phrases=tuple(phrases_of(example.reply) for example in taught),
    )


def golden_questions() -> list[Question]:
    """Return the sample's golden questions, which no voice was trained on."""
    rows = map(json.loads, (SAMPLE / "golden.jsonl").read_text("utf-8").splitlines())
    return [
        Question(
            text=row["question"],
            principal=Principal(user=row["as"]["user"], groups=frozenset(row["as"]["groups"])),
        )
        for row in rows
    ]


def _questions(examples: Sequence[Example]) -> tuple[Question, ...]:
    return tuple(Question(text=example.question, principal=example.principal) for example in examples)
