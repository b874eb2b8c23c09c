"""The report of a week or any other time: one HTML file for those who own the documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hybrid.evaluation.report.course import CoursePage, Plot, Point, Table, day, render_course
from hybrid.review.cases import Outcome
from hybrid.review.desk import SeenCase
from hybrid.review.figures import Counts, Figures

_HEAD = ("", "questions", "answered", "refused", "asked back", "thumbs up", "thumbs down", "for a human")
_LONGEST = 160
_MISSING: Outcome = "missing"


def render_report(
    figures: Figures,
    *,
    waiting: Sequence[Sequence[SeenCase]],
    decided: Sequence[Sequence[SeenCase]],
    ended: Sequence[str],
    days: float,
    now: float,
) -> str:
    """Return the page; every text is escaped.

    Args:
        figures: Numbers of the time.
        waiting: Groups of open cases, as the desk shows them to whoever asks for the report.
        decided: Groups of decided cases.
        ended: Ids of documents that no longer hold.
        days: How many days it is about.
        now: When it ends, in seconds since 1970.
    """
    asked, refused = (sum(getattr(each, name) for each in figures.days) for name in ("questions", "refused"))
    count = sum(map(len, waiting))
    return render_course(
        CoursePage(
            kind="Review",
            title=f"{day(now - days * 86_400)} to {day(now)}",
            subtitle=f"{asked:,} questions, {refused:,} of them refused",
            verdict=f"{count:,} open in {len(waiting):,} groups" if count else "nothing is open",
            good=not count,
            plots=tuple(_plot(figures.days, name, title) for name, title in _PLOTS if figures.days),
            tables=(
                _cases_table("Open, like questions together", waiting),
                _cases_table("Documents that are missing", _with(decided, _MISSING)),
                Table(title="What was done", head=("outcome", "cases"), rows=tuple(_rows(figures.outcomes))),
                Table(title="Documents that no longer hold", head=("document",), rows=tuple((id_,) for id_ in ended)),
                Table(title="By model and adapter", head=_HEAD, rows=tuple(map(_row, figures.models))),
                Table(title="By day", head=_HEAD, rows=tuple(map(_row, figures.days))),
            ),
            note="Questions stand as they were asked; documents only where whoever made this report may read them.",
        )
    )


_PLOTS = (("questions", "Questions a day"), ("refused", "Refusals a day"), ("down", "Thumbs down a day"))


def _plot(days: Sequence[Counts], name: str, title: str) -> Plot:
    return Plot(title=title, points=tuple(Point(moment=_moment(each.name), value=getattr(each, name)) for each in days))


def _moment(name: str) -> float:
    return datetime.fromisoformat(name).replace(tzinfo=UTC).timestamp()


def _with(groups: Sequence[Sequence[SeenCase]], outcome: Outcome) -> list[list[SeenCase]]:
    kept = ([seen for seen in group if seen.case.outcome == outcome] for group in groups)
    return [group for group in kept if group]


def _cases_table(title: str, groups: Sequence[Sequence[SeenCase]]) -> Table:
    rows = tuple(
        (str(len(group)), _short(group[0].case.question), ", ".join(group[0].case.reasons), group[0].owner)
        for group in groups
    )
    return Table(title=title, head=("asked", "question", "why", "owner"), rows=rows)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _rows(outcomes: dict[str, int]) -> list[tuple[str, str]]:
    return [(name, str(count)) for name, count in outcomes.items()]


def _row(each: Counts) -> tuple[str, ...]:
    numbers = (each.questions, each.answered, each.refused, each.clarify, each.up, each.down, each.person)
    return (each.name, *map(str, numbers))
