"""Looking at the questions of a period, a window at a time, with one level for the whole of it.

The cadence: 25 questions lie between two looks, and each look compares the last 50 with the golden ones; where more
than 1,000 came, both grow so that there are 40 looks. A run, with all its looks and all that it compares, sees drift
where there is none with a probability of at most 1 % (Bonferroni), so daily runs do so about once in three months.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hybrid.drift.energy import distances, energy, strangeness
from hybrid.drift.permutation import p_value
from hybrid.drift.psi import MOVED, binned, contributions, edges_of, permuted, psi
from hybrid.drift.questions import AskedQuestion, distinct

Kind = Literal["meaning", "length", "support"]
"""What is compared: embeddings by energy distance, words and support by the population stability index."""

Embed = Callable[[Sequence[str]], NDArray[Any]]
"""From texts to one vector each."""

LEVEL = 0.01
"""Probability that a run sees drift where there is none."""

STEP = 25
"""Questions between two looks."""

_LOOKS = 40
_WINDOW_STEPS = 2
_REFERENCE = 1_000
_NAMED = 5
_SEED = 20


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A live question that is unlike the golden ones."""

    question: AskedQuestion
    """The question."""

    amount: float
    """How much it adds: distance to the golden questions beyond that to its own window, or the share of its bin."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One comparison of one look."""

    kind: Kind
    """What was compared."""

    size: float
    """Energy distance, or population stability index."""

    p: float
    """How likely a difference of this size is by chance."""

    alarm: bool
    """Whether it is drift: below the level of a look, and for an index at least 0.25."""

    moved: tuple[Moved, ...]
    """Where it is, the questions that moved it, most first."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One window of questions."""

    until: float
    """When the last of them was asked."""

    asked: int
    """Questions of the period up to then."""

    questions: int
    """Distinct questions in the window."""

    findings: tuple[Finding, ...]
    """One for each kind that could be compared."""


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """What a period's questions are, next to the golden ones."""

    golden: int
    """Distinct golden questions."""

    asked: int
    """Questions of the period."""

    window: int
    """Questions of a look."""

    step: int
    """Questions between two looks."""

    level: float
    """Probability that this run sees drift where there is none."""

    looks: tuple[Look, ...]
    """Oldest first; none where fewer than ``step`` questions were asked."""

    left_out: tuple[Kind, ...]
    """What could not be compared since the golden questions' values are not known."""

    @property
    def alarms(self) -> tuple[tuple[Look, Finding], ...]:
        """What is drift, oldest first."""
        return tuple((look, finding) for look in self.looks for finding in look.findings if finding.alarm)


@dataclass(frozen=True, kw_only=True)
class _Numbers:
    reference: NDArray[np.intp]
    edges: NDArray[np.floating[Any]]
    value: Callable[[AskedQuestion], float]


def watch(
    golden: Sequence[AskedQuestion],
    live: Sequence[AskedQuestion],
    *,
    embed: Embed,
    progress: Callable[[str, int, int | None], None] = lambda step, done, total: None,
) -> DriftReport:
    """Compare live questions with golden ones.

    Args:
        golden: The reference, from ``golden_questions``.
        live: Questions of a period, oldest first.
        embed: Makes the vectors.
        progress: Told of each look.
    """
    step = max(STEP, ceil(len(live) / _LOOKS))
    ends = range(step, len(live) + 1, step)
    golden = _at_most(golden, _REFERENCE)
    scales = dict(_scales(golden))
    level = LEVEL / max(1, len(ends)) / (1 + len(scales))
    known = _Embedded(embed, golden, live if ends else ())
    looks: list[Look] = []
    for number, end in enumerate(ends, start=1):
        window = list(distinct(live[max(0, end - _WINDOW_STEPS * step) : end]))
        findings = (
            _meaning(known, golden, window, level, number),
            *(_number(kind, scale, window, level, number) for kind, scale in scales.items()),
        )
        looks.append(Look(until=live[end - 1].moment, asked=end, questions=len(window), findings=findings))
        progress("windows", number, len(ends))
    return DriftReport(
        golden=len(golden),
        asked=len(live),
        window=_WINDOW_STEPS * step,
        step=step,
        level=LEVEL,
        looks=tuple(looks),
        left_out=() if "support" in scales else ("support",),
    )


class _Embedded:
    """Vectors by text, each made once."""

    def __init__(self, embed: Embed, *questions: Sequence[AskedQuestion]) -> None:
        texts = list(dict.fromkeys(question.text for some in questions for question in some))
        self._vectors = dict(zip(texts, np.asarray(embed(texts), dtype=np.float64), strict=True))

    def __call__(self, questions: Sequence[AskedQuestion]) -> NDArray[np.floating[Any]]:
        return np.stack([self._vectors[question.text] for question in questions])


def _at_most(golden: Sequence[AskedQuestion], most: int) -> Sequence[AskedQuestion]:
    if len(golden) <= most:
        return golden
    places: list[int] = np.random.default_rng(_SEED).permutation(len(golden))[:most].tolist()
    return [golden[place] for place in sorted(places)]


def _scales(golden: Sequence[AskedQuestion]) -> Iterator[tuple[Kind, _Numbers]]:
    yield "length", _scale(golden, lambda question: float(question.words))
    if all(question.support is not None for question in golden):
        yield "support", _scale(golden, lambda question: question.support or 0.0)


def _scale(golden: Sequence[AskedQuestion], value: Callable[[AskedQuestion], float]) -> _Numbers:
    values = np.array([value(question) for question in golden])
    edges = edges_of(values)
    return _Numbers(reference=binned(values, edges), edges=edges, value=value)


def _meaning(
    known: _Embedded, golden: Sequence[AskedQuestion], window: Sequence[AskedQuestion], level: float, seed: int
) -> Finding:
    between = distances(np.vstack([known(golden), known(window)]))
    member = np.arange(len(between)) >= len(golden)
    p = p_value(lambda members: energy(between, members), len(golden), len(window), level=level, seed=seed)
    alarm = p <= level
    size = float(energy(between, member[None, :])[0])
    moved = _most(window, strangeness(between, member)) if alarm else ()
    return Finding(kind="meaning", size=size, p=p, alarm=alarm, moved=moved)


def _number(kind: Kind, scale: _Numbers, window: Sequence[AskedQuestion], level: float, seed: int) -> Finding:
    values = np.array([scale.value(question) for question in window])
    live, bins = binned(values, scale.edges), len(scale.edges) + 1
    size = psi(scale.reference, live, bins)
    pooled = np.concatenate([scale.reference, live])
    p = p_value(
        lambda members: permuted(pooled, members, bins), len(scale.reference), len(live), level=level, seed=seed
    )
    alarm = p <= level and size >= MOVED
    moved = _most(window, _grown(scale.reference, live, bins)) if alarm else ()
    return Finding(kind=kind, size=size, p=p, alarm=alarm, moved=moved)


def _grown(reference: NDArray[np.intp], live: NDArray[np.intp], bins: int) -> NDArray[np.floating[Any]]:
    """Return for each live value what its bin adds to the index, 0 where the bin became smaller."""
    added = contributions(reference, live, bins)
    grew = np.bincount(live, minlength=bins) / len(live) > np.bincount(reference, minlength=bins) / len(reference)
    return np.where(grew, added, 0.0)[live]


def _most(window: Sequence[AskedQuestion], amounts: NDArray[np.floating[Any]]) -> tuple[Moved, ...]:
    order: list[int] = np.argsort(-amounts, kind="stable")[:_NAMED].tolist()
    return tuple(Moved(question=window[place], amount=float(amounts[place])) for place in order if amounts[place] > 0)
