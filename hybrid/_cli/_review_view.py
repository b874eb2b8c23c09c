"""How cases look in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hybrid._cli._display import plain
from hybrid.review.desk import SeenCase

_SHORT = 8


def cases_view(groups: Sequence[Sequence[SeenCase]]) -> RenderableType:
    """Return the cases for people: one block for each group."""
    if not groups:
        return Text("nothing waits")
    return Group(*(line for group in groups for line in _lines(group)))


def cases_fields(groups: Sequence[Sequence[SeenCase]]) -> list[list[dict[str, Any]]]:
    """Return the cases as JSON values; who asked is known by groups alone."""
    return [[_fields(seen) for seen in group] for group in groups]


def _lines(group: Sequence[SeenCase]) -> Iterator[Text]:
    for place, seen in enumerate(group):
        case = seen.case
        yield Text.assemble(
            ("  " if place else "", ""), (case.trace_id[:_SHORT], "bold"), "  ", plain(case.question.strip())
        )
        moment = f"{datetime.fromtimestamp(case.moment, UTC):%Y-%m-%d %H:%M}"
        parts = (", ".join(case.reasons), moment, f"support {case.support:.2f}", case.model, seen.owner)
        yield Text(plain(f"          {' · '.join(part for part in parts if part)}"), "dim")
        if case.words:
            yield Text(plain(f"          “{case.words}”"))
        if case.outcome != "open":
            said = f": {case.note}" if case.note else ""
            yield Text(plain(f"          {case.outcome} by {case.reviewer or 'an operator'}{said}"))
        for number, at, _ in seen.places:
            cited = "cited" if at.cited else "close"
            yield Text(
                plain(f"          place {number}: {at.document_id}:{at.lines[0]}-{at.lines[1]} ({cited})"), "dim"
            )


def _fields(seen: SeenCase) -> dict[str, Any]:
    fields = asdict(seen.case)
    del fields["user"]
    places = [{"number": number, "title": title, **asdict(place)} for number, place, title in seen.places]
    return {**fields, "owner": seen.owner, "places": places}
