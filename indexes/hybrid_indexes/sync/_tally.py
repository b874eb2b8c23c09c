"""Counting a running sync."""

from __future__ import annotations

from dataclasses import dataclass, field

from hybrid.sync import KINDS, ChangeKind, Outcome, ProgressCallback, SyncProgress, SyncReport


@dataclass
class Tally:
    """Counts a running sync."""

    progress: ProgressCallback | None
    total: int = 0
    chunks: int = 0
    embedded: int = 0
    unrefreshed: int = 0
    closed: int = 0
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    counts: dict[ChangeKind, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def add(self, outcome: Outcome) -> None:
        """Count one document and tell whoever watches."""
        self.counts[outcome.kind] += 1
        if outcome.kind != "unchanged":
            self.outcomes.append(outcome)
        self.tell()

    def tell(self) -> None:
        """Report the present state."""
        if self.progress is not None:
            done = sum(self.counts.values())
            self.progress(SyncProgress(done=done, total=max(self.total, done), chunks=self.chunks))

    def report(self, *, seconds: float, rebuilt: bool, dry_run: bool) -> SyncReport:
        """Return the result."""
        return SyncReport(
            outcomes=tuple(self.outcomes),
            counts=dict(self.counts),
            chunks=self.chunks,
            embedded=self.embedded,
            seconds=seconds,
            unrefreshed=self.unrefreshed,
            closed=self.closed,
            rebuilt=rebuilt,
            dry_run=dry_run,
        )
