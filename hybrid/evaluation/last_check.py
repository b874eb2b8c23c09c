"""What the last ``hybrid recall-check`` of an index found, kept beside the index for advice and for drift."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hybrid._files import replace_file
from hybrid.errors import ConfigError
from hybrid.evaluation.check import RecallReport
from hybrid.evaluation.metrics import HEADLINE

_FILE = "last-check.json"


class LastCheck(BaseModel):
    """A check of the configured index."""

    model_config = ConfigDict(frozen=True)

    golden: str
    """Name of the golden file."""

    created: datetime
    """When it ended (UTC)."""

    recall: float
    """Recall@5."""

    interval: tuple[float, float]
    """95 % interval of the recall."""

    answerable: int
    """Questions over which the recall is a mean."""

    leaks: int
    """Documents that somebody saw who must not."""

    supports: dict[str, float] = {}
    """Support of the answer by question's id; empty where nobody answered."""


def check_of(report: RecallReport) -> LastCheck:
    """Return what is kept of a report."""
    headline = report.metrics[HEADLINE]
    return LastCheck(
        golden=report.name,
        created=report.created,
        recall=headline.value,
        interval=(headline.interval.low, headline.interval.high),
        answerable=report.answerable,
        leaks=len(report.matrix.leaks),
        supports={support.question.id: support.value for support in report.supports},
    )


def save_last_check(index: Path, check: LastCheck) -> None:
    """Keep a check beside an index.

    Raises:
        StorageError: The disk is full or refuses; the one before stays.
    """
    replace_file(index / _FILE, check.model_dump_json(indent=1) + "\n")


def load_last_check(index: Path) -> LastCheck | None:
    """Return the last check of an index, or None where there was none.

    Raises:
        ConfigError: The file was changed into something else.
    """
    path = index / _FILE
    try:
        return LastCheck.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise ConfigError(f"{str(path)!r} is damaged; remove it, or run hybrid recall-check again") from None
