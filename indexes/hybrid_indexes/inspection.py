"""Comparing what the journal says with what the engine holds."""

from __future__ import annotations

from collections import Counter

from hybrid.health import IndexHealth
from hybrid.protocols import Index
from hybrid.sync import Outcome
from hybrid_indexes.journal._reads import JournalReader


def inspect(reader: JournalReader, index: Index) -> IndexHealth:
    """Return the health of an index, from its journal and its engine."""
    with reader.snapshot():
        expected = reader.expected_points()
        documents = Counter(name.partition(":")[0] for name in reader.document_ids())
        failures = tuple(Outcome(kind="failed", document_id=row.id, detail=row.error) for row in reader.failures())
    held = index.versions()
    return IndexHealth(
        documents=dict(documents),
        chunks=sum(expected.values()),
        failures=failures,
        missing=sum(max(0, points - held.get(version, 0)) for version, points in expected.items()),
        surplus=sum(max(0, points - expected.get(version, 0)) for version, points in held.items()),
    )
