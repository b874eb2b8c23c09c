"""What an evaluation has had written so far, so that one that was killed goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from hybrid._cache import cache_folder, unwritable
from hybrid_adapters.evaluation.written import Written


class Store:
    """Replies by key, each on the disk as soon as it is known; a file in the cache, readable for its owner alone.

    Args:
        name: Of the evaluation; another one has another file.
    """

    def __init__(self, name: str) -> None:
        self._file: Path = cache_folder() / "evaluations" / f"{name}.jsonl"
        self._known: dict[str, Written] = {}
        if self._file.is_file():
            for line in self._file.read_text("utf-8").splitlines():
                self._take(line)

    def get(self, key: str, write: Callable[[], Written]) -> Written:
        """Return what was written under a key, now or before.

        Raises:
            StorageError: The cache folder cannot be written.
        """
        if key not in self._known:
            self._known[key] = write()
            self._append(json.dumps({"key": key, **asdict(self._known[key])}))
        return self._known[key]

    def forget(self) -> None:
        """Remove the file: the evaluation is done."""
        self._file.unlink(missing_ok=True)

    def _take(self, line: str) -> None:
        try:
            fields = json.loads(line)
            key = fields.pop("key")
            self._known[key] = Written(**fields)
        except (ValueError, TypeError, KeyError, AttributeError):
            # Whoever was killed may have left half a line.
            return

    def _append(self, line: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
            with self._file.open("a", encoding="utf-8") as opened:
                # Half a line of a killed run ends here.
                opened.write(f"\n{line}\n")
        except OSError as error:
            raise unwritable(self._file.parent, "an evaluation", error) from None
