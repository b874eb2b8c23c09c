"""What is known when advice is given."""

from __future__ import annotations

from dataclasses import dataclass

from hybrid.advise.intent import Evaluation, Intent, Rate
from hybrid.evaluation.last_check import LastCheck

_LONG_ENOUGH = 14
_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How the documents of an index changed, by its journal."""

    documents: int
    """Live documents."""

    days: int
    """Days over which changes were counted."""

    changed: int
    """Changes of content in these days, removals included."""

    weeks_with: int
    """Weeks of them with at least one."""

    @property
    def rate(self) -> Rate | None:
        """How often something changes; None where less than two weeks were seen."""
        weeks = self.days / _WEEK
        if self.days < _LONG_ENOUGH:
            return None
        if self.weeks_with * 2 >= weeks:
            return "weekly"
        if self.weeks_with * 6 >= weeks:
            return "monthly"
        return "quarterly" if self.changed else "never"


@dataclass(frozen=True, kw_only=True)
class Payback:
    """When a training has paid for itself, next to one alternative."""

    against: str
    """The alternative."""

    weeks: tuple[float, float] | None
    """At best and at worst; None where it never does for sure, or nobody said how many questions come."""

    questions: tuple[int, int] | None
    """The same in questions."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a decision rests on; None is not known."""

    intent: Intent = Intent()
    """What people wrote down."""

    check: LastCheck | None = None
    """The last recall check of the index."""

    evaluations: tuple[Evaluation, ...] = ()
    """Measurements on held-out rows, oldest first."""

    approved: int | None = None
    """Pairs that somebody approved."""

    waiting: int = 0
    """Pairs that nobody has decided about."""

    changes: Changes | None = None
    """How documents changed."""

    paybacks: tuple[Payback, ...] = ()
    """When it pays for itself."""

    method: str | None = None
    """Of the recipe that is about to be trained."""

    several: tuple[str, ...] = ()
    """Adapters that were evaluated, where it is not said which of them this is about."""

    unread: tuple[str, ...] = ()
    """Files that are no reports of an evaluation."""

    @property
    def facts_change(self) -> Rate | None:
        """How often facts change: as counted where it was counted long enough, else as somebody said."""
        return (self.changes.rate if self.changes else None) or self.intent.facts_change
