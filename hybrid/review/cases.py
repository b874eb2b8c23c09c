"""Cases: answers that somebody should look at, as the server remembers them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from hybrid.experiments.answers import ASKS_FOR_A_PERSON
from hybrid.server.history import remembered

Reason = Literal["refused", "low support", "not helpful", "asks for a person"]
"""Why somebody should look at an answer."""

Outcome = Literal["open", "golden", "row", "missing", "dismissed"]
"""What became of a case: nothing yet, a golden question, a training row, a document to be written, or no work."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_ANSWERS = """
SELECT answer.trace_id, answer.moment, tenant, user, groups, question, status, support, model,
    rating, reason, decision.outcome, decision.reviewer, decision.note, decision.moment
FROM answer LEFT JOIN feedback USING (trace_id) LEFT JOIN decision USING (trace_id)
WHERE answer.moment >= ? AND tenant = ? AND (
    status = 'refused' OR (status = 'answered' AND support < ?) OR rating = 'down' OR decision.outcome IS NOT NULL)
    AND substr(answer.trace_id, 1, length(?)) = ?
    AND (? IS NULL OR (coalesce(decision.outcome, 'open') = 'open') = ?)
ORDER BY answer.moment DESC, answer.trace_id LIMIT ?
"""
# What SQLite takes for no limit.
_ALL = -1
_PLACES = """
SELECT trace_id, cited, document_id, version, start, "end", first_line, last_line FROM pointed
WHERE trace_id IN (SELECT value FROM json_each(?)) ORDER BY trace_id, place
"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Words of a document version: what an answer cited, or what was closest to a question without one."""

    cited: bool
    """Whether the answer cites it."""

    document_id: str
    """``source:path``."""

    version: str
    """Content hash."""

    start: int
    """Offset in the document's text."""

    end: int
    """Offset after it."""

    lines: tuple[int, int]
    """First and last line in the original file."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An answer that somebody should look at, and what became of it."""

    trace_id: str
    """Of the answer."""

    moment: float
    """When it was given, in seconds since 1970."""

    tenant: str
    """Of who asked."""

    user: str | None
    """Who asked; never shown to a reviewer, only left out of what is written."""

    groups: tuple[str, ...]
    """Groups of who asked."""

    question: str
    """What was asked."""

    status: str
    """``answered``, ``refused`` or ``clarify``."""

    support: float
    """Support of the answer in [0, 1]."""

    model: str
    """What composed it, with its adapter."""

    reasons: tuple[Reason, ...]
    """Why it is here."""

    words: str
    """What the asker said of it."""

    places: tuple[Place, ...]
    """What it cites, or what was closest."""

    outcome: Outcome
    """What became of it."""

    reviewer: str
    """Who decided; empty while it is open."""

    note: str
    """What the reviewer said."""

    decided: float | None
    """When, in seconds since 1970."""


def load_cases(
    folder: Path,
    *,
    tenant: str,
    low_support: float,
    since: float = 0.0,
    beginning: str = "",
    is_open: bool | None = None,
    limit: int = 500,
) -> list[Case]:
    """Return the newest cases of a tenant, newest first; a server may be writing meanwhile.

    Args:
        folder: The server's data folder.
        tenant: Whose cases.
        low_support: Support below which an answer is one.
        since: First moment.
        beginning: What the trace id begins with.
        is_open: Whether those without a decision are wanted, or those with one; both, when left out.
        limit: At most so many.

    Raises:
        StorageError: There are no records, or they cannot be read.
    """
    rows = remembered(folder, _ANSWERS, (since, tenant, low_support, beginning, beginning, is_open, is_open, limit))
    places = _places(folder, [row[0] for row in rows])
    return [_case(row, low_support, tuple(places[row[0]])) for row in rows]


def count_waiting(folder: Path, *, tenant: str, low_support: float, since: float) -> int:
    """Return how many cases of a tenant have no decision, those beyond the newest ones too.

    Raises:
        StorageError: There are no records, or they cannot be read.
    """
    counted = f"SELECT count(*) FROM ({_ANSWERS})"
    ((count,),) = remembered(folder, counted, (since, tenant, low_support, "", "", True, True, _ALL))
    return int(count)


def _places(folder: Path, trace_ids: list[str]) -> defaultdict[str, list[Place]]:
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for trace_id, cited, document_id, version, start, end, *lines in remembered(
        folder, _PLACES, (json.dumps(trace_ids),)
    ):
        found[trace_id].append(
            Place(
                cited=bool(cited),
                document_id=document_id,
                version=version,
                start=start,
                end=end,
                lines=(lines[0], lines[1]),
            )
        )
    return found


def _case(row: tuple[Any, ...], low_support: float, places: tuple[Place, ...]) -> Case:
    trace_id, moment, tenant, user, groups, question, status, support, model = row[:9]
    rating, words, outcome, reviewer, note, decided = row[9:]
    return Case(
        trace_id=trace_id,
        moment=moment,
        tenant=tenant,
        user=user,
        groups=tuple(json.loads(groups)),
        question=question,
        status=status,
        support=support,
        model=model,
        reasons=_reasons(status, support < low_support, rating, words or ""),
        words=(words or "").removeprefix(ASKS_FOR_A_PERSON),
        places=places,
        outcome=outcome or "open",
        reviewer=reviewer or "",
        note=note or "",
        decided=decided,
    )


def _reasons(status: str, is_low: bool, rating: str | None, words: str) -> tuple[Reason, ...]:
    asks = words.startswith(ASKS_FOR_A_PERSON)
    found: list[tuple[Reason, bool]] = [
        ("asks for a person", asks),
        ("not helpful", rating == "down" and not asks),
        ("refused", status == "refused"),
        ("low support", status == "answered" and is_low),
    ]
    return tuple(reason for reason, holds in found if holds)
