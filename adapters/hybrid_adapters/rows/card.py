"""The card of a dataset: which rows these are, who approved them, and what they were built with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hybrid.errors import RowsError
from hybrid_adapters.rows.example import Strict
from hybrid_adapters.rows.row import TrainingRow, load_rows, rows_version

_SUFFIX = ".card.json"


class ContractFacts(Strict):
    """Which contract the replies keep."""

    name: str
    """``module:Class``."""

    hash: str
    """Hash of its slots, limits and template."""


class DatasetCard(Strict):
    """What is known of a dataset without reading it."""

    version: str
    """SHA-256 (hex) of the canonical rows."""

    rows: int
    """Number of rows, held-out ones included."""

    counts: dict[str, dict[str, int]]
    """Rows by ``status``, ``era``, ``split`` and ``decision``."""

    reviewers: dict[str, int]
    """Rows by reviewer."""

    contract: ContractFacts
    """Which contract the replies keep."""

    prompt_hash: str
    """Hash of the form of the prompt."""

    distilled: bool
    """Whether rules, contract and instructions are left out of the prompts, so that the weights learn them."""

    instructions: str
    """How the voice was told to speak; with distilled rows it stands in no prompt."""

    examples: dict[str, str]
    """SHA-256 (hex) of each file of examples, by name."""

    examples_version: str = ""
    """What ``hybrid data version`` says of the examples, those that were left out among them."""

    settings: dict[str, Any]
    """Options of the build."""

    tools: dict[str, str]
    """Versions of what built it."""


def card_path(rows: Path) -> Path:
    """Return where the card of a rows file lies."""
    return rows.with_name(rows.name + _SUFFIX)


def counts_of(rows: Iterable[TrainingRow]) -> dict[str, dict[str, int]]:
    """Return the numbers of rows by status, era, split and decision."""
    held = list(rows)
    return {
        "status": counted(str(json.loads(row.reply)["status"]) for row in held),
        "era": counted(row.era for row in held),
        "split": counted(row.split for row in held),
        "decision": counted(row.decision for row in held),
    }


def counted(names: Iterable[str]) -> dict[str, int]:
    """Return how often each name stands there, sorted by name."""
    return dict(sorted(Counter(names).items()))


def card_text(card: DatasetCard) -> str:
    """Return the content of a card's file."""
    return json.dumps(card.model_dump(), ensure_ascii=False, indent=2) + "\n"


def load_dataset(path: Path) -> tuple[list[TrainingRow], DatasetCard]:
    """Return the rows of a file and their card.

    Raises:
        RowsError: One of the two cannot be read, or the card belongs to other rows.
    """
    rows, card = load_rows(path), _load_card(card_path(path))
    if card.version != (found := rows_version(rows)):
        raise RowsError(
            f"{path}: its rows are version {found[:12]}, its card describes {card.version[:12]}; build them again"
        )
    return rows, card


def _load_card(path: Path) -> DatasetCard:
    try:
        return DatasetCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RowsError(f"{path}: cannot be read ({error.strerror}); build the rows again") from error
    except ValidationError as error:
        fault: Mapping[str, Any] = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the whole"
        raise RowsError(f"{path}: is no dataset card at {where}: {fault['msg']}; build the rows again") from error
