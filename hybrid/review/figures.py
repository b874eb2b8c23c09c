"""How the bot is doing, in numbers: questions by day, outcomes by model and adapter, time by stage, open work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hybrid.experiments.answers import ASKS_FOR_A_PERSON
from hybrid.server.history import remembered

_OF_TENANT = "FROM answer LEFT JOIN feedback USING (trace_id) WHERE answer.moment >= ? AND tenant = ?"
_COUNTS = """
count(*), sum(status = 'answered'), sum(status = 'refused'), sum(status = 'clarify'), coalesce(sum(rating = 'up'), 0),
coalesce(sum(rating = 'down'), 0), coalesce(sum(substr(reason, 1, ?) = ?), 0)
"""
_BY_DAY = f"SELECT date(answer.moment, 'unixepoch'), {_COUNTS} {_OF_TENANT} GROUP BY 1 ORDER BY 1"
_BY_MODEL = f"SELECT model, {_COUNTS} {_OF_TENANT} GROUP BY 1 ORDER BY 2 DESC"
# The newest are enough for a percentile.
_STAGES = """
SELECT name, stage.seconds FROM stage JOIN (
    SELECT trace_id FROM answer WHERE moment >= ? AND tenant = ? ORDER BY moment DESC LIMIT 5000) USING (trace_id)
"""
_OUTCOMES = """
SELECT outcome, count(*) FROM decision JOIN answer USING (trace_id)
WHERE decision.moment >= ? AND tenant = ? AND outcome != 'open' GROUP BY 1 ORDER BY 2 DESC
"""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of some questions."""

    name: str
    """Day (UTC), or model with its adapter."""

    questions: int
    """How many there were."""

    answered: int
    """Answers with citations."""

    refused: int
    """Refusals."""

    clarify: int
    """Questions asked back."""

    up: int
    """Thumbs up."""

    down: int
    """Thumbs down."""

    person: int
    """Of these, how many asked for a human."""


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """How long a stage of the pipeline takes."""

    name: str
    """Of the stage; ``total`` is the whole answer."""

    median: float
    """Seconds."""

    p95: float
    """Seconds that 95 % stay below."""

    count: int
    """Answers measured."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A tenant's numbers since a moment."""

    days: tuple[Counts, ...]
    """Days with questions, oldest first."""

    models: tuple[Counts, ...]
    """Models with their adapters, most used first."""

    stages: tuple[StageTime, ...]
    """Stages, slowest first."""

    outcomes: dict[str, int]
    """What reviewers decided in this time, most frequent first."""


def load_figures(folder: Path, *, tenant: str, since: float) -> Figures:
    """Return the numbers; a server may be writing meanwhile.

    Args:
        folder: The server's data folder.
        tenant: Whose.
        since: First moment, in seconds since 1970.

    Raises:
        StorageError: There are no records, or they cannot be read.
    """
    asks = (len(ASKS_FOR_A_PERSON), ASKS_FOR_A_PERSON)
    return Figures(
        days=tuple(_counts(row) for row in remembered(folder, _BY_DAY, (*asks, since, tenant))),
        models=tuple(_counts(row) for row in remembered(folder, _BY_MODEL, (*asks, since, tenant))),
        stages=_stages(remembered(folder, _STAGES, (since, tenant))),
        outcomes=dict(remembered(folder, _OUTCOMES, (since, tenant))),
    )


def _counts(row: tuple[Any, ...]) -> Counts:
    name, questions, answered, refused, clarify, up, down, person = row
    return Counts(
        name=name,
        questions=questions,
        answered=answered,
        refused=refused,
        clarify=clarify,
        up=up,
        down=down,
        person=person,
    )


def _stages(rows: list[tuple[Any, ...]]) -> tuple[StageTime, ...]:
    by_name: dict[str, list[float]] = {}
    for name, seconds in rows:
        by_name.setdefault(name, []).append(seconds)
    found = (
        StageTime(name=name, median=float(np.median(held)), p95=float(np.quantile(held, 0.95)), count=len(held))
        for name, held in by_name.items()
    )
    return tuple(sorted(found, key=lambda stage: -stage.median))
