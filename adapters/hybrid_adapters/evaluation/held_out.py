"""Which rows an adapter is measured on: those that its training held out, and none that it has seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hybrid.errors import RowsError
from hybrid.evaluation.gate import require_rows
from hybrid_adapters.registry.manifest import Manifest
from hybrid_adapters.rows.card import card_path, load_dataset
from hybrid_adapters.rows.row import TrainingRow, load_rows, rows_version
from hybrid_adapters.training.seen import read_seen, row_digest


@dataclass(frozen=True, kw_only=True)
class HeldOutRows:
    """The rows of a file, by what they are for."""

    name: str
    """Name of the file."""

    version: str
    """SHA-256 (hex) of all of its rows."""

    asked: tuple[TrainingRow, ...]
    """Held out."""

    training: tuple[TrainingRow, ...]
    """For training: examples of a prompt come from these."""


def held_out_rows(path: Path, manifest: Manifest, adapter: Path) -> HeldOutRows:
    """Return the rows to ask.

    Args:
        path: A file of chat rows.
        manifest: Of the adapter.
        adapter: Folder of the adapter, whose training kept the hashes of its rows.

    Raises:
        RowsError: The file cannot be read, holds out fewer than 20 rows, keeps another contract, or the adapter was
            trained on one of its held-out rows.
    """
    rows = load_dataset(path)[0] if card_path(path).is_file() else load_rows(path)
    asked = tuple(row for row in rows if row.split == "held-out")
    require_rows(len(asked))
    taught = manifest.contract
    if taught is not None and (other := next((row for row in asked if row.contract != taught.hash), None)):
        raise RowsError(
            f"{path}: row {other.id!r} was built for another contract than {manifest.label} was taught; build it again"
        )
    version = rows_version(rows)
    _refuse_seen(path, asked, version, manifest, adapter)
    training = tuple(row for row in rows if row.split == "train")
    return HeldOutRows(name=path.name, version=version, asked=asked, training=training)


def _refuse_seen(path: Path, asked: tuple[TrainingRow, ...], version: str, manifest: Manifest, adapter: Path) -> None:
    seen = read_seen(adapter)
    if seen is None:
        # Older trainings kept no hashes; of the very same rows the split says what was seen.
        if version != manifest.dataset.version:
            raise RowsError(
                f"{path}: nobody can tell whether {manifest.label} was trained on these rows: it names rows "
                f"{(manifest.dataset.version or 'unknown')[:12]}, and these are {version[:12]}; give the rows it was "
                "trained with, or train it anew"
            )
        return
    known = [row for row in asked if row_digest(row.messages) in seen]
    if known:
        raise RowsError(
            f"{path}: {manifest.label} was trained on {len(known)} of {len(asked)} held-out rows, the first "
            f"{known[0].id!r}; hold out rows that it has not seen"
        )
