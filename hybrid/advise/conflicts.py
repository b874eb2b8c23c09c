"""Where the texts contradict each other: shown with what decides here, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hybrid.advise.facts import Facts

STYLE = frozenset({"format", "tone", "vocabulary"})
"""Goals that concern how something is said."""

FEW, ENOUGH = 50, 200
"""Pairs that suffice for style by one text, and for a pilot by another."""

MANY = 10_000
"""Rows that one text asks for."""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """One contradiction."""

    about: str
    """What it is about."""

    sides: Mapping[str, str]
    """What is said, by the texts that say it."""

    settled: str
    """What holds here."""

    matters: bool
    """Whether it makes a difference for what is known now."""


def conflicts(facts: Facts) -> tuple[Conflict, ...]:
    """Return all contradictions, those that matter now first."""
    goals, count = set(facts.intent.goals), facts.approved
    style = bool(goals & STYLE)
    all_ = (
        Conflict(
            about="format and tone",
            sides={"S0, S3": "train them", "S2": "prompt for them"},
            settled="The contract keeps the format of every model, so nothing is trained for it alone; for tone the "
            "prompt goes first, and an adapter has to beat it on held-out rows before it is promoted.",
            matters=style,
        ),
        Conflict(
            about="50 to 200 pairs",
            sides={"S0": "suffice for style", "S1": "fewer than 200 do not, unless more are being labelled"},
            settled=f"{ENOUGH} is the bar. From {FEW} on, for style alone and with somebody labelling, a pilot is not "
            "refused.",
            matters=style and count is not None and FEW <= count < ENOUGH,
        ),
        Conflict(
            about="how many rows",
            sides={"S0, S1, S2, S3": "50 to 5,000", "S4": "10,000 to 1,000,000"},
            settled="Adapters hold behaviour and no facts, so the smaller numbers count; the larger ones are for "
            "teaching knowledge, which belongs in the index.",
            matters=count is not None and ENOUGH <= count < MANY,
        ),
        Conflict(
            about="precision of an adapter",
            sides={"S2": "fp16", "the training library": "bf16"},
            settled="Adapters are trained in 32 bits on a base whose weights are 4-bit; bf16 hides small steps.",
            matters=facts.method in ("qlora", "lora"),
        ),
    )
    return tuple(sorted(all_, key=lambda conflict: not conflict.matters))
