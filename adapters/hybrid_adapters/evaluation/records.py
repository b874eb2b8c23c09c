"""The parts of an evaluation's report: what was asked, what each arm reached, what judge and gate say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

Verdict = Literal["better", "tie", "worse"]
"""Of the adapter against a rival on one row."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A part of the whole, from 0 to 1."""

ArmName = Literal["base", "prompt", "remote", "simpler", "tuned", "service"]
"""``base`` reads evidence and question alone, ``prompt`` is the base with its best prompt, ``remote`` a remote model
with that prompt, ``tuned`` the adapter, ``service`` the version in service; ``simpler`` does without a ranker."""


class Record(BaseModel):
    """A frozen part of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EvaluatedRows(Record):
    """What was asked."""

    name: str
    """Name of the file."""

    version: str
    """SHA-256 (hex) of all of its rows."""

    seen: PositiveInt | None = None
    """How many of its rows are for training, which were not asked; None where nobody counted."""


class Figures(Record):
    """What one arm reached, as means over the rows; None where it was not measured or does not apply."""

    model: str
    """What replied."""

    prompt: str = ""
    """How it was asked, in words."""

    score: Share
    """The primary metric: see ``Scored.score``."""

    interval: tuple[float, float]
    """95 % bootstrap interval of the score."""

    format_valid: Share | None = None
    """Part of the replies that keep the contract with no grammar to force them."""

    exact_match: Share | None = None
    """Part of the replies that are the reference."""

    refusal_accuracy: Share | None = None
    """Part of the replies that refuse where the reference does, and only there."""

    evidence_f1: Share | None = None
    """Of the evidence ids, over rows whose reference or reply has some."""

    mrr: Share | None = None
    """Of a ranker: mean of one over the rank of the first unit that answers."""

    label_accuracy: Share | None = None
    """Part of the choices that are the reference's."""

    rouge_1: Share | None = None
    """Of the words that the model chose itself."""

    rouge_2: Share | None = None
    """Of the same words."""

    rouge_l: Share | None = None
    """Of the same words."""

    bleu: Share | None = None
    """Corpus BLEU of the same words, as sacrebleu has it, over 100."""

    code_passes: Share | None = None
    """Part of the replies with tests whose code passes them."""

    voice: Share | None = None
    """Part of the replies whose words a classifier gives to the voice."""

    perplexity: float | None = None
    """Of the references."""

    general_perplexity: float | None = None
    """Of general text that has nothing to do with the task."""

    seconds: float | None = None
    """Median time of a reply."""

    reply_tokens: float | None = None
    """Mean tokens of a reply."""

    cost: float | None = None
    """Mean price of a reply in US dollars, of a remote model whose prices are known."""

    error_classes: Mapping[str, Share] = {}
    """Part of the rows in which it failed so."""


class RowScore(Record):
    """How one arm did on one row."""

    score: Share
    """Its score."""

    faults: tuple[str, ...] = ()
    """Its error classes."""


class Preference(Record):
    """Which of two arms a judge prefers, over the rows."""

    wins: int
    """Rows on which it prefers the adapter, asked in either order."""

    ties: int
    """Rows on which it prefers neither, or another one in the other order."""

    losses: int
    """Rows on which it prefers the rival."""

    interval: tuple[float, float]
    """95 % interval of the adapter's part of the decided rows (Wilson 1927)."""

    flipped: Share
    """Part of the rows on which the order alone decided: how much the judge looks at the place."""

    unparsable: int = 0
    """Rows on which it did not say anything that can be read; they count as ties."""


class JudgeRecord(Record):
    """What a language model thinks of the replies. It decides nothing."""

    model: str
    """Who judged."""

    preferences: Mapping[str, Preference]
    """By rival."""

    verdicts: Mapping[str, Mapping[str, Verdict]]
    """By rival and row id."""


class GateRecord(Record):
    """What the gate said."""

    passed: bool
    """Whether the adapter may be put in service."""

    reasons: tuple[str, ...]
    """Why not."""

    margin: float
    """Least gain that was asked."""

    gains: Mapping[str, tuple[float, float, float]]
    """By rival the mean gain and both ends of its 95 % interval."""

    promoted: bool = False
    """Whether the version was put in service by this."""
