"""The folder of one run: its checkpoints, from which it is taken up again, and its loss curve."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout

from hybrid._cache import cache_folder
from hybrid.errors import HybridError, StorageError, TrainingError
from hybrid_adapters.registry.fit import base_digest
from hybrid_adapters.training.recipe import Recipe

LIBRARIES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "datasets", "accelerate")
"""What decides the outcome of a run besides the recipe."""

_COMPLETE = "complete"
_LOCK = ".lock"
_PREFIX = "checkpoint-"
_SIGNS_OF_A_FULL_DISK = ("No space left", "File too large", "Disk quota", "PytorchStreamWriter", "file write failed")


def libraries() -> Mapping[str, str]:
    """Return the versions of the libraries that train."""
    return {name: version(name) for name in LIBRARIES}


class Run:
    """One run of a recipe on these rows, this base and these libraries.

    Args:
        recipe: The recipe.
        base: Folder of the base.
        rows: SHA-256 of the rows.

    Raises:
        StorageError: Its folder cannot be made.
    """

    def __init__(self, recipe: Recipe, base: Path, rows: str) -> None:
        facts = json.dumps([recipe.hash, base_digest(base), rows, libraries()], sort_keys=True)
        digest = hashlib.sha256(facts.encode()).hexdigest()[:16]
        self.folder = cache_folder() / "training" / f"{recipe.name}-{digest}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{str(self.folder)!r} cannot be made ({error.strerror}); free some space") from None

    @contextmanager
    def held(self, *, fresh: bool) -> Generator[None]:
        """Keep other processes from the run while it lasts.

        Args:
            fresh: Whether to leave out what an earlier, killed run reached.

        Raises:
            TrainingError: Another process has it.
        """
        try:
            with FileLock(self.folder / _LOCK, timeout=0):
                if fresh:
                    self._clear()
                yield
        except Timeout:
            raise TrainingError(
                "another process trains this recipe on these rows; wait for it, or change the recipe"
            ) from None

    def checkpoint(self) -> Path | None:
        """Return the newest checkpoint that was written to its end; half ones are removed."""
        found: dict[int, Path] = {}
        for folder in self.folder.glob(_PREFIX + "*"):
            if (folder / _COMPLETE).is_file():
                found[int(folder.name.removeprefix(_PREFIX))] = folder
            else:
                shutil.rmtree(folder)
        return found[max(found)] if found else None

    def complete(self, step: int) -> None:
        """Mark the checkpoint of a step as written to its end."""
        (self.folder / f"{_PREFIX}{step}" / _COMPLETE).touch()

    def _clear(self) -> None:
        for old in self.folder.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
            elif old.name != _LOCK:
                old.unlink()

    def forget(self) -> None:
        """Remove everything of the run."""
        shutil.rmtree(self.folder, ignore_errors=True)


def storage_error(error: BaseException, folder: Path) -> HybridError | None:
    """Return the error to raise where a library failed since the disk is full; None where it failed for another reason.

    safetensors and torch name the disk in errors of their own, which are no ``OSError``.
    """
    if not isinstance(error, OSError) and not any(sign in str(error) for sign in _SIGNS_OF_A_FULL_DISK):
        return None
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "the disk is full"
    return StorageError(
        f"the training cannot write under {str(folder)!r} ({reason}); free some space, or set HYBRID_CACHE to another "
        "folder, and run the command again: it goes on where it was"
    )
