from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from hybrid.evaluation.golden import load_golden
from hybrid.evaluation.questions import GoldenSet
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import Document

WriteRows = Callable[..., Path]


@pytest.fixture
def write_rows(tmp_path: Path) -> WriteRows:
    """Write rows as JSONL: dicts become JSON, texts stay as they are."""

    def write(*rows: object, name: str = "golden.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def documents() -> list[Document]:
    return [
        public_document("help/refunds.md", "# Refunds\n\nRefunds take five working days.\nThen the bank needs two."),
        public_document(
            "help/plans.md", "# Plans\n\nThe basic plan costs ten euros.\n\nThe team plan costs forty euros."
        ),
        public_document("legal/contract.md", "The contract with Aqualind ends in May.", readers=("group:legal",)),
        public_document("staff/salaries.md", "Salaries of the staff rise in May.", readers=("user:ana",)),
    ]


@pytest.fixture
def knowledge(documents: list[Document]) -> WordOverlapKnowledge:
    return WordOverlapKnowledge(documents)


@pytest.fixture
def golden(write_rows: WriteRows, knowledge: WordOverlapKnowledge) -> Callable[..., GoldenSet]:
    """Load rows as a golden set; each row needs only what the test is about."""

    def load(*rows: dict[str, object]) -> GoldenSet:
        return load_golden(write_rows(*complete(rows)), knowledge.document_ids())

    return load


def complete(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    return [{"id": f"q{number}", "question": "How long do refunds take?", **row} for number, row in enumerate(rows, 1)]


@pytest.fixture
def shared_data() -> Path:
    """The shared corpora beside the repository, or where HYBRID_DATA says."""
    folder = Path(os.environ.get("HYBRID_DATA") or Path(__file__).parents[4] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"shared corpora are not at {folder}; set HYBRID_DATA")
    return folder
