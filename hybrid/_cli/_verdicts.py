"""What has become of citations, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from hybrid._cli._passages import one_line, place_of
from hybrid.errors import CheckFailed
from hybrid.verify import Standing, Verdict

_STYLES: dict[Standing, str] = {
    "stands": "green",
    "moved": "yellow",
    "expired": "red",
    "changed": "bold red",
    "gone": "bold red",
}
_BROKEN: frozenset[Standing] = frozenset({"expired", "changed", "gone"})


def verdicts_view(verdicts: Sequence[Verdict]) -> RenderableType:
    """Return a line for each citation, with its quote and, where it moved, the new lines."""
    if not verdicts:
        return Text("The answer is a refusal: it has no citations to check.")
    return Group(*(part for verdict in verdicts for part in _verdict(verdict)))


def verdict_fields(verdicts: Sequence[Verdict]) -> dict[str, object]:
    """Return the verdicts as JSON values; ``stands`` is whether none has expired, changed or gone."""
    rows = [
        {
            "marker": verdict.citation.marker,
            "document_id": verdict.citation.document_id,
            "standing": verdict.standing,
            "lines_then": list(verdict.citation.lines),
            "lines_now": list(verdict.lines) if verdict.lines else None,
            "quote": verdict.citation.quote,
        }
        for verdict in verdicts
    ]
    return {"stands": not _broken(verdicts), "citations": rows}


def require_standing(verdicts: Sequence[Verdict], name: str) -> None:
    """Return if every citation stands, here or at other lines.

    Raises:
        CheckFailed: One has expired, changed or gone.
    """
    if broken := _broken(verdicts):
        markers = ", ".join(f"[{verdict.citation.marker}]" for verdict in broken)
        raise CheckFailed(f"{name} no longer stands: {markers} expired, changed or gone; ask again")


def _broken(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.standing in _BROKEN]


def _verdict(verdict: Verdict) -> Iterator[Text]:
    citation = verdict.citation
    place = place_of(citation.document_id, citation.lines, page=citation.page)
    line = Text.assemble(
        (f"[{citation.marker}] ", "bold"), (f"{verdict.standing:<8}", _STYLES[verdict.standing]), place
    )
    if verdict.standing == "moved" and verdict.lines:
        line.append(f" -> {place_of(citation.document_id, verdict.lines)}")
    yield line.append(f'  "{one_line(citation.quote)}"', "dim")
