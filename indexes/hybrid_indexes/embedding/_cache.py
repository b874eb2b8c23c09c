"""Converted models in the user's cache folder: written beside their place and renamed, so never half there."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

from hybrid._cache import cache_folder, filling, publish, unwritable
from hybrid.errors import StorageError
from hybrid_indexes.embedding._models import ModelFolder
from hybrid_indexes.embedding._quality import Measurement

_RECIPE = 2
_MEASUREMENT = "measurement.json"


class ModelCache:
    """What was made of one model: a folder per variant, and the measurement that chose among them.

    The key holds the version of onnxruntime, which quantises and runs the model, and the number of the conversion's
    recipe. The exporting libraries are no part of it, because what they made is measured against the original: so a
    machine that has the cache needs none of them.
    """

    def __init__(self, model: ModelFolder) -> None:
        """Look into the cache of a model; nothing is created yet."""
        key = f"{model.digest[:32]}-onnxruntime-{version('onnxruntime')}-{_RECIPE}"
        self.folder = cache_folder() / "embedding" / key

    def variant(self, name: str) -> Path | None:
        """Return the folder of a converted variant, or None."""
        path = self.folder / name
        return path if path.is_dir() else None

    def measurement(self) -> Measurement | None:
        """Return what was measured when the variant was chosen, or None before that."""
        try:
            return Measurement.model_validate_json((self.folder / _MEASUREMENT).read_bytes())
        except FileNotFoundError:
            return None

    @contextmanager
    def writing(self) -> Generator[Path]:
        """Hold the cache's lock and give a scratch folder; what a killed run left behind goes first.

        Raises:
            StorageError: The cache folder cannot be written.
        """
        with ExitStack() as held:
            try:
                workspace = held.enter_context(filling(self.folder))
            except OSError as error:
                raise self.refused(error) from error
            yield workspace

    def publish(self, made: Path, name: str) -> Path:
        """Put a finished folder in its place; call it while ``writing``."""
        return publish(made, self.folder / name)

    def record(self, measurement: Measurement, workspace: Path) -> None:
        """Store the decision; call it while ``writing``."""
        path = workspace / _MEASUREMENT
        path.write_text(measurement.model_dump_json(indent=2) + "\n", "utf-8")
        publish(path, self.folder / _MEASUREMENT)

    def refused(self, error: OSError) -> StorageError:
        """Return the error to raise where the disk did not take what was to be written."""
        return unwritable(self.folder, "the converted embedding model", error)
