"""The desk: what a reviewer sees of the cases, and what their decisions write.

What documents say reaches a reviewer by the same way as any reader: ``Pipeline.source`` with the reviewer's principal.
A place in a document that they may not read is not shown, counted or written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

from hybrid.access import access_set
from hybrid.contract import Contract
from hybrid.errors import ConfigError, RowsError
from hybrid.evidence.remembered import RememberedVectors
from hybrid.pipeline import Pipeline
from hybrid.protocols import Expiring
from hybrid.review.cases import Case, Outcome, Place, count_waiting, load_cases
from hybrid.review.grouping import grouped
from hybrid.review.outcomes import Pointed, Written, add_golden, add_row, require
from hybrid.review.rows import OpenRow, RowDecision, decide_row, open_rows
from hybrid.server.settings import ServerSettings
from hybrid.types import Principal

Titles = Callable[[str], str | None]
"""Title by document's id; None where it is not there for this reader."""

_DAY = 86_400.0


class Deciding(Protocol):
    """What keeps decisions; the server's records do."""

    def decide(self, trace_id: str, reviewer: str, outcome: str, note: str) -> None:
        """Keep what a reviewer made of an answer; it is on the disk when this returns."""
        ...


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a reviewer makes of a case."""

    outcome: Outcome
    """What it becomes; ``open`` takes a decision back, what it had written stays."""

    places: tuple[int, ...] = ()
    """Numbers of the case's places that answer it; none where it is to be refused."""

    note: str = ""
    """Why, for others."""


@dataclass(frozen=True, kw_only=True)
class SeenCase:
    """A case as a reviewer sees it."""

    case: Case
    """What was asked and what came of it."""

    owner: str
    """Who owns the folder that it is about, such as ``group:billing``; empty where nobody does."""

    places: tuple[tuple[int, Place, str], ...]
    """Number, place and title of the documents that the reviewer may read."""


class Desk:
    """Cases for reviewers.

    Args:
        pipeline: Reads documents, on behalf of the reviewer.
        settings: Those of the server.
        records: Keeps decisions.
        contract: What replies of training rows look like; the pipeline's, when left out.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        settings: ServerSettings,
        records: Deciding,
        *,
        contract: Contract[Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._records = records
        self._contract = contract or pipeline.composer.contract
        self._clock = clock
        self._vectors = RememberedVectors(pipeline.knowledge.embed)

    def groups(self, reviewer: Principal, *, is_open: bool = True, days: float = 90.0) -> list[list[SeenCase]]:
        """Return the newest cases of the reviewer's tenant, like ones together, the largest group first.

        Args:
            reviewer: Who looks.
            is_open: Whether those without a decision are wanted, or those with one.
            days: How far to look back.

        Raises:
            StorageError: There are no records, or they cannot be read.
        """
        cases = self._cases(reviewer, days, is_open=is_open)
        owners = {case.trace_id: self._owner(case) for case in cases}
        mine, titles = access_set(reviewer).tokens, self._titles(reviewer)
        cases.sort(key=lambda case: owners[case.trace_id] not in mine)
        return [
            [_seen(case, owners[case.trace_id], titles) for case in group]
            for group in grouped(cases, lambda case: case.question, self._vectors)
        ]

    def waiting(self, reviewer: Principal, *, days: float = 90.0) -> int:
        """Return how many cases of the reviewer's tenant wait for a decision."""
        review = self._settings.review
        since = self._clock() - days * _DAY
        return count_waiting(self._settings.data, tenant=reviewer.tenant, low_support=review.low_support, since=since)

    def ended(self, reviewer: Principal) -> list[str]:
        """Return the ids of documents that the reviewer may read and that no longer hold."""
        knowledge = self._pipeline.knowledge
        if not isinstance(knowledge, Expiring):
            return []
        titles = self._titles(reviewer)
        return [id_ for id_ in knowledge.ended(datetime.fromtimestamp(self._clock(), UTC)) if titles(id_) is not None]

    def case(self, trace_id: str, reviewer: Principal) -> SeenCase | None:
        """Return a case of the reviewer's tenant, or None where there is none of this name."""
        found = [seen for seen in self.cases(trace_id, reviewer) if seen.case.trace_id == trace_id]
        return found[0] if found else None

    def cases(self, beginning: str, reviewer: Principal) -> list[SeenCase]:
        """Return the cases of the reviewer's tenant whose trace id begins so."""
        titles = self._titles(reviewer)
        found = self._cases(reviewer, None, beginning=beginning)
        return [_seen(case, self._owner(case), titles) for case in found]

    def decide(self, seen: SeenCase, reviewer: Principal, decision: Decision) -> Written | None:
        """Write what a decision asks for, and keep the decision.

        Args:
            seen: The case.
            reviewer: Who decides.
            decision: What they decide.

        Returns:
            What was written; None where nothing had to be.

        Raises:
            ConfigError: No file is configured for it, or a chosen place cannot be read any more as it was.
            GoldenError: The golden file holds the case already, or cannot be used; so does ``RowsError`` for rows.
            ContractError: Only a language model could fill the reply of such a row.
            StorageError: The disk is full or refuses; nothing is decided then.
        """
        written = self._write(seen, reviewer, decision)
        self._records.decide(seen.case.trace_id, reviewer.user or "", decision.outcome, decision.note)
        return written

    def rows(self, reviewer: Principal) -> list[OpenRow]:
        """Return the training rows that wait and whose documents the reviewer may all read.

        Raises:
            ConfigError: No file of rows is configured.
            RowsError: It is no file of examples.
        """
        ids: dict[str, list[str]] = {}
        for id_ in self._pipeline.knowledge.document_ids():
            ids.setdefault(id_, []).append(id_)
            ids.setdefault(id_.partition(":")[2], []).append(id_)
        titles = self._titles(reviewer)

        def readable(name: str) -> bool:
            return name in ids and all(titles(id_) is not None for id_ in ids[name])

        return open_rows(require(self._settings.review.rows, "rows"), readable)

    def decide_row(self, name: str, reviewer: Principal, decision: RowDecision) -> None:
        """Keep what a reviewer says of a row that they may see.

        Raises:
            ConfigError: No file of rows is configured.
            RowsError: There is no such row for them, it breaks the contract, or they have no name.
            StorageError: The disk is full or refuses.
        """
        if name not in {row.id for row in self.rows(reviewer)}:
            raise RowsError(f"no row {name!r} waits; look again, somebody else may have decided")
        path = require(self._settings.review.rows, "rows")
        decide_row(path, name, reviewer.user or "", decision, self._contract)

    def _write(self, seen: SeenCase, reviewer: Principal, decision: Decision) -> Written | None:
        review = self._settings.review
        if decision.outcome == "golden":
            return add_golden(require(review.golden, "golden"), seen.case, self._pointed(seen, reviewer, decision))
        if decision.outcome == "row":
            found = self._pointed(seen, reviewer, decision)
            return add_row(require(review.rows, "rows"), seen.case, found, self._contract, review.era)
        return None

    def _pointed(self, seen: SeenCase, reviewer: Principal, decision: Decision) -> list[Pointed]:
        known = {number: place for number, place, _ in seen.places}
        found: list[Pointed] = []
        for number in decision.places:
            place = known.get(number)
            document = place and self._pipeline.source(place.document_id, principal=reviewer)
            if place is None or document is None or document.version != place.version:
                raise ConfigError(f"place {number} is not there any more as it was; choose another, or ask again")
            found.append(Pointed(document=document, start=place.start, end=place.end, lines=place.lines))
        return found

    def _cases(
        self, reviewer: Principal, days: float | None, *, beginning: str = "", is_open: bool | None = None
    ) -> list[Case]:
        since = 0.0 if days is None else self._clock() - days * _DAY
        low = self._settings.review.low_support
        return load_cases(
            self._settings.data,
            tenant=reviewer.tenant,
            low_support=low,
            since=since,
            beginning=beginning,
            is_open=is_open,
        )

    def _owner(self, case: Case) -> str:
        return self._settings.review.owner_of([place.document_id for place in case.places])

    def _titles(self, reviewer: Principal) -> Titles:
        """Return what gives a document's title, or None where the reviewer may not read it; each is read once."""

        @cache
        def title(document_id: str) -> str | None:
            found = self._pipeline.source(document_id, principal=reviewer)
            return None if found is None else found.title

        return title


def _seen(case: Case, owner: str, titles: Titles) -> SeenCase:
    places = [(number, place, titles(place.document_id)) for number, place in enumerate(case.places)]
    readable = tuple((number, place, title) for number, place, title in places if title is not None)
    return SeenCase(case=case, owner=owner, places=readable)
