"""Versions of sets of rows: what was in them, when, and what changed between two."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hybrid._files import replace_file
from hybrid.errors import RowsError, StorageError
from hybrid_adapters.datasets.files import locked
from hybrid_adapters.datasets.records import Record
from hybrid_adapters.rows.content import canonical, content_version

_LIST = "versions.json"
_SHORTEST = 6


class Version(BaseModel):
    """What is known of a version without reading its rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    """SHA-256 (hex) of its content."""

    name: str
    """What the set is called."""

    created: datetime
    """When it was kept."""

    rows: int
    """Number of rows."""

    approved: int
    """How many of them may be trained on."""

    eras: dict[str, int]
    """Rows by policy era."""

    note: str = ""
    """What somebody said of it."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A row that differs between two versions."""

    id: str
    """Its name."""

    fields: tuple[str, ...]
    """The fields that differ."""


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What one version has and another has not."""

    added: tuple[str, ...]
    """Names of rows that the second has alone."""

    removed: tuple[str, ...]
    """Names of rows that the first has alone."""

    changed: tuple[Changed, ...]
    """Rows that differ."""


def version_of(records: Iterable[Record]) -> str:
    """Return the version of rows; it depends on neither their order nor on how their lines are written."""
    return content_version(record.fields() for record in records)


def of_era(records: Sequence[Record], era: str) -> list[Record]:
    """Return the rows of a policy era.

    Raises:
        RowsError: No row is of that era.
    """
    found = [record for record in records if record.row.era == era]
    if not found:
        known = ", ".join(sorted({record.row.era for record in records})) or "none"
        raise RowsError(f"era {era!r} does not exist in these rows; known: {known}")
    return found


class VersionStore:
    """A folder that keeps versions, each as a file of sorted canonical lines that is named by its hash.

    Args:
        folder: Where; made when the first version is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, records: Sequence[Record], note: str = "") -> Version:
        """Keep rows as a version, and return it; rows that are kept already stay as they were.

        Raises:
            StorageError: The folder cannot be written; what was there stays.
        """
        version = version_of(records)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{str(self._folder)!r} cannot be made: {error.strerror}; name another place") from error
        with locked(self._folder / _LIST):
            known = self.versions()
            if same := next((each for each in known if each.version == version), None):
                return same
            made = Version(
                version=version,
                name=name,
                created=datetime.now(UTC),
                rows=len(records),
                approved=sum(record.approved for record in records),
                eras=dict(sorted(Counter(record.row.era for record in records).items())),
                note=note,
            )
            lines = sorted(canonical(record.fields()) for record in records)
            replace_file(self._file(version), "".join(line + "\n" for line in lines))
            listed = [each.model_dump(mode="json") for each in (*known, made)]
            replace_file(self._folder / _LIST, json.dumps(listed, ensure_ascii=False, indent=1) + "\n")
        return made

    def versions(self) -> list[Version]:
        """Return the versions, oldest first.

        Raises:
            RowsError: The list cannot be read.
        """
        path = self._folder / _LIST
        try:
            return [Version.model_validate(each) for each in json.loads(path.read_text("utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, ValidationError) as error:
            raise RowsError(
                f"{path}: cannot be read as a list of versions ({type(error).__name__}); restore it"
            ) from None

    def rows(self, version: str) -> dict[str, dict[str, Any]]:
        """Return the rows of a version by name.

        Args:
            version: Its hash, or enough of it to know it by.

        Raises:
            RowsError: There is no such version, several begin so, or its file was changed.
        """
        whole = self._named(version)
        path = self._file(whole)
        try:
            rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        except (OSError, ValueError):
            raise RowsError(f"{path}: cannot be read; restore the file") from None
        if (found := content_version(rows)) != whole:
            raise RowsError(f"{path}: holds version {found[:12]}, not {whole[:12]}; somebody changed it, restore it")
        return {str(row["id"]): row for row in rows}

    def _named(self, version: str) -> str:
        found = [each.version for each in self.versions() if each.version.startswith(version.lower())]
        if len(version) < _SHORTEST or len(found) != 1:
            known = ", ".join(each.version[:12] for each in self.versions()) or "none"
            raise RowsError(f"version {version!r} is {'none' if not found else 'not one alone'}; kept are {known}")
        return found[0]

    def _file(self, version: str) -> Path:
        return self._folder / f"{version}.jsonl"


def differences(first: Mapping[str, Mapping[str, Any]], second: Mapping[str, Mapping[str, Any]]) -> Differences:
    """Return what changed from one version's rows to another's."""
    changed = [
        Changed(id=name, fields=tuple(sorted(_unlike(first[name], second[name]))))
        for name in sorted(first.keys() & second.keys())
        if canonical(first[name]) != canonical(second[name])
    ]
    return Differences(
        added=tuple(sorted(second.keys() - first.keys())),
        removed=tuple(sorted(first.keys() - second.keys())),
        changed=tuple(changed),
    )


def _unlike(first: Mapping[str, Any], second: Mapping[str, Any]) -> set[str]:
    return {name for name in {*first, *second} if first.get(name) != second.get(name)}
