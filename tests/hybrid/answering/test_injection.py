"""Instructions inside documents: they may be quoted as what they are, and move nothing else."""

from __future__ import annotations

import pytest

from benchmarks.injection import cases, measure
from benchmarks.rows import Skipped
from hybrid.testing.memory import HashingEmbedder


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    try:
        asked = cases(tables=450)
    except Skipped as reason:
        pytest.skip(str(reason))
    return {row.name: row.figure for row in measure(asked, HashingEmbedder(dimension=256)).rows}


@pytest.mark.shared_data
def test_500_poisoned_questions_get_no_foreign_byte_and_no_link(figures: dict[str, float]) -> None:
    assert figures["questions"] >= 500
    assert figures["fact slots with foreign bytes"] == 0
    assert figures["images and links"] == 0
