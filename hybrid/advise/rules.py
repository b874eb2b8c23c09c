"""The rules, in our words, with their number among the requirements and the texts that state them.

The texts are five essays and guides on fine-tuning from which the requirements were taken, named S0 to S4; the page
``docs/advise.md`` lists all requirements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Says = Literal["nothing", "prompt", "retrieval", "adapter", "note", "missing"]
"""What a rule leads to; ``missing`` where what it needs is not known."""

Number = float | int | str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule."""

    number: int
    """Of the requirement."""

    sources: tuple[str, ...]
    """Texts that state it."""

    text: str
    """In our words."""


def _rules(*rules: tuple[int, str, str]) -> dict[int, Rule]:
    return {number: Rule(number=number, sources=tuple(sources.split()), text=text) for number, sources, text in rules}


RULES = _rules(
    (1, "S1 S2 S3", "First the prompt with examples, then retrieval, then a small adapter; all weights almost never."),
    (2, "S2", "A prompt takes a day, retrieval one or two weeks, an adapter two to four weeks."),
    (
        3,
        "S0 S1 S4",
        "Facts that are particular, current or change often, and all that must be cited, belong in retrieval.",
    ),
    (4, "S0 S3 S4", "Format, vocabulary, way of reasoning and tone can be trained, where they stay as they are."),
    (5, "S1 S3", "Structured output comes before training for a format."),
    (6, "S1", "Three or more evaluations without progress, failing in the same way: train an adapter on that failure."),
    (
        7,
        "S1",
        "From 200 reviewed pairs on a pilot adapter is worth it; with fewer, and nobody labelling more, it is not.",
    ),
    (8, "S1", "Who cannot write down pairs of input and wished output is not ready to train."),
    (9, "S1 S3", "Training has to pay back within weeks, by shorter prompts or a smaller model."),
    (10, "S1", "While retrieval finds less than 80 % for the golden questions, mend index and chunking first."),
    (11, "S2", "An adapter needs volume, and answers that have to be alike."),
    (
        12,
        "S1",
        "A decision says what must be true, how often facts change, what failure costs; not only a model's name.",
    ),
    (13, "S1", "A pilot lasts four to eight weeks and names its metrics before."),
    (14, "S1", "All weights cost most, an adapter less, on a base in 4 bits least; a provider only if data may leave."),
    (15, "S4", "Training needs expertise and is repeated with its data; what was learned is hard to unlearn."),
    (16, "S3 S4", "The smallest capable model, by the lightest method that does it."),
    (41, "S2", "What does not beat the prompt by a meaningful margin is not shipped: the simpler way is."),
    (47, "S0", "Machinery for regular training pays only where training is regular."),
    (50, "S1", "Somebody of the business answers for content, somebody technical for pipelines."),
    (51, "S1", "Who may read what comes before everything that people see."),
)
"""The rules that decide or are shown, by number."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule says of what is known."""

    rule: Rule
    """The rule."""

    says: Says
    """What it leads to."""

    text: str
    """What follows here, in a sentence with its numbers."""

    blocks: bool = False
    """Whether training is refused because of it."""

    numbers: Mapping[str, Number] = field(default_factory=dict[str, Number])
    """The numbers it used."""


def found(
    number: int, says: Says, text: str, numbers: Mapping[str, Number] | None = None, *, blocks: bool = False
) -> Finding:
    """Return a finding of the rule with this number."""
    return Finding(rule=RULES[number], says=says, text=text, blocks=blocks, numbers=numbers or {})
