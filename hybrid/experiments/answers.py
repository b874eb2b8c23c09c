"""What the server remembers of the answers of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hybrid.server.history import remembered

ASKS_FOR_A_PERSON = "Asks for a person: "
"""How the reason of a rating begins that asks for a human."""

_ANSWERS = """
SELECT answer.tenant, answer.user, answer.moment, drawn.variant, answer.status, answer.seconds,
    feedback.rating, feedback.reason, feedback.moment
FROM drawn JOIN answer USING (trace_id) LEFT JOIN feedback USING (trace_id)
WHERE drawn.experiment = ? AND answer.user IS NOT NULL ORDER BY answer.moment, answer.trace_id
"""


@dataclass(frozen=True, kw_only=True)
class ExperimentAnswer:
    """One answer that somebody got."""

    tenant: str
    """Of who asked."""

    user: str
    """Who asked."""

    moment: float
    """When, in seconds since 1970."""

    variant: str
    """Label of the variant that answered."""

    status: str
    """``answered``, ``refused`` or ``clarify``."""

    seconds: float
    """How long it took."""

    rating: str | None = None
    """``up``, ``down``, or None where nobody said."""

    person: bool = False
    """Whether the asker asked for a human."""

    rated: float | None = None
    """When it was rated."""


def load_answers(folder: Path, experiment: str) -> list[ExperimentAnswer]:
    """Return the answers of an experiment, oldest first; a server may be writing meanwhile.

    Args:
        folder: The server's data folder.
        experiment: Name of the experiment.

    Raises:
        StorageError: There are no records, or they cannot be read.
    """
    return [_answer(row) for row in remembered(folder, _ANSWERS, (experiment,))]


def _answer(
    row: tuple[str, str, float, str, str, float, str | None, str | None, float | None],
) -> ExperimentAnswer:
    tenant, user, moment, variant, status, seconds, rating, reason, rated = row
    return ExperimentAnswer(
        tenant=tenant,
        user=user,
        moment=moment,
        variant=variant,
        status=status,
        seconds=seconds,
        rating=rating,
        person=(reason or "").startswith(ASKS_FOR_A_PERSON),
        rated=rated,
    )
