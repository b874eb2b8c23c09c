"""What ``hybrid data version`` says, as lines for people and as JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hybrid_adapters.datasets.reading import load_records
from hybrid_adapters.datasets.versions import Version, VersionStore, differences, of_era, version_of
from hybrid_adapters.rows.card import card_path, load_dataset

View = tuple[str, list[tuple[str, str]]]
"""A headline, and lines of name and text."""

_SHORT = 12


class VersionReport:
    """Says which version rows are, which are kept, and what changed.

    Args:
        store: Folder of the versions.
    """

    def __init__(self, store: Path) -> None:
        self._store = VersionStore(store)

    def of_files(self, paths: Sequence[Path], *, era: str | None, keep: bool, note: str) -> tuple[View, dict[str, Any]]:
        """Return the version of files, and keep it if wanted.

        Raises:
            RowsError: A file cannot be used, or no row is of the era.
            StorageError: The store cannot be written.
        """
        if len(paths) == 1 and card_path(paths[0]).is_file():
            return _built(paths[0])
        records = load_records(paths)
        records = records if era is None else of_era(records, era)
        version = version_of(records)
        kept = self._store.keep(paths[0].stem, records, note) if keep else None
        approved = sum(record.approved for record in records)
        eras = sorted({record.row.era for record in records})
        fields: dict[str, Any] = {
            "version": version,
            "rows": len(records),
            "approved": approved,
            "eras": eras,
            "kept": kept is not None,
        }
        lines = [("rows", f"{len(records):,}, {approved:,} approved"), ("eras", ", ".join(eras))]
        return (f"version {version}", lines), fields

    def kept(self) -> tuple[View, dict[str, Any]]:
        """Return the versions that are kept.

        Raises:
            RowsError: The list cannot be read.
        """
        versions = self._store.versions()
        head = f"{len(versions)} versions" if versions else "no version is kept yet; name files and say --keep"
        lines = [(each.version[:_SHORT], _line(each)) for each in versions]
        return (head, lines), {"versions": [each.model_dump(mode="json") for each in versions]}

    def difference(self, first: str, second: str) -> tuple[View, dict[str, Any]]:
        """Return what changed between two, each a file of rows or a version that is kept.

        Raises:
            RowsError: One of them is neither.
        """
        found = differences(self._rows(first), self._rows(second))
        lines = [
            *(("added", name) for name in found.added),
            *(("removed", name) for name in found.removed),
            *(("changed", f"{each.id}: {', '.join(each.fields)}") for each in found.changed),
        ]
        head = f"{len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed"
        return (head, lines), asdict(found)

    def _rows(self, named: str) -> dict[str, dict[str, Any]]:
        path = Path(named)
        if path.exists():
            return {record.id: record.fields() for record in load_records([path])}
        return self._store.rows(named)


def _built(path: Path) -> tuple[View, dict[str, Any]]:
    rows, card = load_dataset(path)
    fields = {
        "version": card.version,
        "rows": len(rows),
        "approved": card.counts["decision"].get("approved", 0),
        "eras": sorted(card.counts["era"]),
        "examples_version": card.examples_version,
        "kept": False,
    }
    lines = [("rows", f"{len(rows):,}, built of examples"), ("examples", card.examples_version or "not known")]
    return (f"version {card.version}", lines), fields


def _line(version: Version) -> str:
    eras = ", ".join(f"{era} {count:,}" for era, count in version.eras.items())
    note = f"; {version.note}" if version.note else ""
    rows = f"{version.rows:,} rows, {version.approved:,} approved"
    return f"{version.created:%Y-%m-%d %H:%M}  {version.name}: {rows} ({eras}){note}"
