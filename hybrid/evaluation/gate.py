"""The promotion gate: what is tuned is shipped only where it clearly beats the simpler way, and makes nothing worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hybrid.errors import CheckFailed, RowsError
from hybrid.evaluation.paired import Gain, paired_gain

MARGIN = 0.02
"""Least mean gain that is worth an adapter, on a scale of 0 to 1."""

LEAST_ROWS = 20
"""Rows below which no gain could be told from chance."""

FORMAT_FLOOR = 0.95
"""Least part of the replies that keep the contract by themselves, with no grammar to force them."""

SIMPLER = {
    "prompt": "does not beat prompting by the margin: ship the simpler approach",
    "simpler": "does not beat meaning and words by the margin: ship the simpler approach",
}
"""What is said of an adapter that the simpler way equals, by the name of that way."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an adapter has to reach."""

    margin: float = MARGIN
    """Least mean gain over every rival; also how much oftener an error may happen."""

    format_floor: float = FORMAT_FLOOR
    """Least raw format validity."""

    forgetting: float = 0.25
    """Most that general ability may get worse, as a part of what the rival's is: 0.25 is a quarter more perplexity."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """How one arm did, row by row."""

    scores: Sequence[float]
    """Score of each row in [0, 1]."""

    faults: Sequence[frozenset[str]]
    """Error classes of each row."""

    format_valid: float | None = None
    """Raw format validity; None where nothing is written."""

    general: float | None = None
    """Perplexity on general text; None where it was not measured."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """An adapter against one rival."""

    rival: str
    """Name of the arm."""

    gain: Gain
    """Of the score."""

    worse: Mapping[str, Gain]
    """Error classes that happen clearly oftener, by more than the margin: how much."""

    forgotten: float | None
    """By what part general ability got worse (negative: better); None where it was not measured on both sides."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate says."""

    comparisons: tuple[Comparison, ...]
    """Against every rival."""

    format_valid: float | None
    """Raw format validity of the adapter."""

    limits: Limits
    """What was asked."""

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Why not, one phrase each; empty where the adapter may be shipped."""
        found = [reason for each in self.comparisons for reason in self._against(each)]
        if self.format_valid is not None and self.format_valid < self.limits.format_floor:
            found.append(
                f"keeps the contract by itself in {self.format_valid:.1%} of its replies, below "
                f"{self.limits.format_floor:.0%}"
            )
        return tuple(found)

    @property
    def passed(self) -> bool:
        """Whether the adapter may be shipped."""
        return not self.reasons

    def require_passed(self, name: str) -> None:
        """Return if the adapter may be shipped.

        Raises:
            CheckFailed: It may not; the message names every reason.
        """
        if self.reasons:
            raise CheckFailed(f"{name} is not promoted: {'; '.join(self.reasons)}")

    def _against(self, each: Comparison) -> list[str]:
        found: list[str] = []
        gain, margin = each.gain, self.limits.margin
        if not gain.is_clear or gain.mean < margin:
            figures = f"{gain.mean:+.3f} [{gain.interval.low:+.3f}, {gain.interval.high:+.3f}], margin {margin:g}"
            said = SIMPLER.get(each.rival, f"does not beat arm {each.rival!r} by the margin")
            found.append(f"{said} ({figures})")
        found += [
            f"{name!r} happens oftener than with {each.rival}, by {by.mean:.3f}" for name, by in each.worse.items()
        ]
        if each.forgotten is not None and each.forgotten > self.limits.forgetting:
            found.append(f"forgets: perplexity on general text is {each.forgotten:+.0%} against {each.rival}")
        return found


def decide(tuned: Results, rivals: Mapping[str, Results], limits: Limits = Limits()) -> Verdict:
    """Return whether an adapter is worth shipping.

    It must beat every rival: by at least the margin on average, with a 95 % paired bootstrap interval above zero that a
    sign-flip test confirms. No error class may become clearly more frequent by more than the margin, and neither format
    nor general ability may fall below its limit.

    Args:
        tuned: The adapter's results.
        rivals: Results on the same rows: ``prompt``, and ``service`` where another version is in service.
        limits: What it has to reach.

    Raises:
        RowsError: There are too few rows to decide on, or nothing to compare with.

    Example:
        >>> good = Results(scores=[1.0] * 40, faults=[frozenset()] * 40)
        >>> poor = Results(scores=[0.4] * 40, faults=[frozenset({"wrong label"})] * 40)
        >>> decide(good, {"prompt": poor}).passed, decide(good, {"prompt": good}).passed
        (True, False)
    """
    count = len(tuned.scores)
    require_rows(count)
    if not rivals:
        raise RowsError("there is no arm to compare with; evaluate the base with its best prompt on the same rows")
    if any(len(each.scores) != count for each in rivals.values()):
        raise RowsError("the arms were not asked the same rows; evaluate them again")
    comparisons = [_compared(name, tuned, rival, limits) for name, rival in rivals.items()]
    return Verdict(comparisons=tuple(comparisons), format_valid=tuned.format_valid, limits=limits)


def require_rows(count: int) -> None:
    """Return if there are enough held-out rows to decide on.

    Raises:
        RowsError: There are not.
    """
    if count < LEAST_ROWS:
        raise RowsError(
            f"the held-out set has {count} rows, and below {LEAST_ROWS} no gain can be told from chance; "
            "hold out more of them with --held-out"
        )


def _compared(name: str, tuned: Results, rival: Results, limits: Limits) -> Comparison:
    classes = sorted({fault for row in tuned.faults for fault in row})
    more = {each: paired_gain(_happened(each, tuned), _happened(each, rival)) for each in classes}
    measured = tuned.general is not None and rival.general is not None
    return Comparison(
        rival=name,
        gain=paired_gain(tuned.scores, rival.scores),
        worse={each: by for each, by in more.items() if by.is_clear and by.mean > limits.margin},
        forgotten=tuned.general / rival.general - 1 if measured and tuned.general and rival.general else None,
    )


def _happened(name: str, results: Results) -> list[float]:
    return [float(name in faults) for faults in results.faults]
