"""The refusal threshold that ``hybrid recall-check`` measured on golden questions, kept beside the index."""

from __future__ import annotations

import json
import os
from pathlib import Path

from hybrid.errors import ConfigError, StorageError

_FILE = "calibration.json"
DEFAULT_THRESHOLD = 0.2
"""Used until a recall-check has measured a better one."""


def calibration_file(index: Path) -> Path:
    """Return where the threshold of an index is kept."""
    return index / _FILE


def load_threshold(index: Path) -> float:
    """Return the calibrated threshold of an index, or the default where none was measured.

    Raises:
        ConfigError: The file was changed into something that is no threshold.
    """
    path = calibration_file(index)
    try:
        threshold = json.loads(path.read_text("utf-8"))["refuse_below"]
    except FileNotFoundError:
        return DEFAULT_THRESHOLD
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path.name} is damaged ({error}); remove it or run hybrid recall-check again") from None
    if not isinstance(threshold, float) or not 0.0 <= threshold <= 1.0:
        raise ConfigError(f"{path.name} holds threshold {threshold!r}, expected a number from 0 to 1; run recall-check")
    return threshold


def save_threshold(index: Path, threshold: float, *, questions: int) -> None:
    """Store a threshold with the number of questions it was measured on.

    Raises:
        StorageError: The disk is full or refuses; the old threshold stays.
    """
    scratch = index / (_FILE + ".new")
    try:
        scratch.write_text(json.dumps({"refuse_below": threshold, "questions": questions}) + "\n", "utf-8")
        os.replace(scratch, index / _FILE)
    except OSError as error:
        raise StorageError(
            f"the threshold cannot be stored in {str(index)!r}: {error.strerror}; make room or let it be written to"
        ) from None
