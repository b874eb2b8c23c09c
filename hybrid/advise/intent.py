"""``advise.toml``: what nobody can measure, written down by those who know it; what is left out is called missing."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hybrid.errors import ConfigError

FILE = "advise.toml"
"""Its name, beside ``hybrid.toml`` or beside a recipe."""

Goal = Literal["facts", "citations", "format", "tone", "vocabulary", "reasoning", "labels", "cost"]
"""What should become better; ``labels`` is classifying, extracting, routing."""

Tried = Literal["prompt", "examples", "structured-output", "retrieval"]
"""What was tried on held-out questions."""

Rate = Literal["never", "yearly", "quarterly", "monthly", "weekly", "daily"]
"""How often something changes."""

_Share = Annotated[float, Field(ge=0, le=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Owners(_Table):
    """Who answers for it."""

    business: str = ""
    """For content that is right and fresh."""

    technical: str = ""
    """For pipelines and models."""


class Pilot(_Table):
    """How it is tried with real people."""

    weeks: Annotated[float, Field(gt=0)] | None = None
    """How long."""

    metrics: tuple[str, ...] = ()
    """What will be compared before and after."""


class Gate(BaseModel):
    """What the promotion gate said."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    passed: bool
    """Whether the adapter was good enough to be put in service."""


class Evaluation(BaseModel):
    """One measurement on held-out rows; reports of evaluations hold more than is read here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    created: datetime
    """When."""

    score: _Share
    """How good."""

    error_classes: dict[str, _Share] = {}
    """Share of the rows by kind of error."""

    adapter: str = ""
    """What was measured."""

    weights_sha256: str = ""
    """Of the weights that were measured; empty where none were."""

    gate: Gate | None = None
    """What the promotion gate said; None where it was not asked."""

    @property
    def worst(self) -> str | None:
        """The most frequent kind of error."""
        return max(self.error_classes, key=lambda name: (self.error_classes[name], name), default=None)


class Intent(_Table):
    """Everything that people know."""

    goals: tuple[Goal, ...] = ()
    """What should become better."""

    tried: tuple[Tried, ...] | None = None
    """What was tried; None where nobody said."""

    facts_change: Rate | None = None
    """How often facts change; the index's own history counts where it is long enough."""

    behaviour_changes: Rate | None = None
    """How often the wished behaviour itself changes."""

    pairs_possible: bool | None = None
    """Whether somebody can write the wished reply for a question, the same way each time."""

    labelling: bool | None = None
    """Whether somebody goes on reviewing pairs each week."""

    good_enough: _Share | None = None
    """Held-out score at which nothing has to be done."""

    examples: tuple[Path, ...] = ()
    """Files or folders of reviewed pairs, relative to this file."""

    plan: Path | None = None
    """What ``hybrid adapter plan RECIPE ... --json`` printed, with prices."""

    per_week: Annotated[float, Field(ge=0)] | None = None
    """Questions a week."""

    must_be_true: tuple[str, ...] = ()
    """What has to hold for this to be the right decision."""

    cost_of_failure: str = ""
    """What a wrong answer costs, and whom."""

    data_may_leave: bool | None = None
    """Whether training data may go to a provider."""

    retrain: Rate | None = None
    """How often it is meant to be trained anew."""

    owners: Owners = Owners()
    """Who answers for it."""

    pilot: Pilot = Pilot()
    """How it is tried."""

    evaluations: tuple[Evaluation, ...] = ()
    """Measurements made elsewhere, such as of prompts."""


TEMPLATE = """\
# What hybrid advise cannot measure. Remove the # of what you know; what stays out is said to be missing.

# goals = ["tone"]            # facts, citations, format, tone, vocabulary, reasoning, labels, cost
# tried = ["prompt"]          # on held-out questions: prompt, examples, structured-output, retrieval
# facts_change = "weekly"     # never, yearly, quarterly, monthly, weekly, daily
# behaviour_changes = "never" # how often the wished behaviour itself changes
# pairs_possible = true       # somebody can write the wished reply, the same way each time
# labelling = true            # somebody goes on reviewing pairs each week
# good_enough = 0.9           # held-out score at which nothing has to be done
# examples = ["voices"]       # files or folders of reviewed pairs
# plan = "plan.json"          # hybrid adapter plan RECIPE --machine-price ... --json > plan.json
# per_week = 2000             # questions a week
# must_be_true = ["the tone is the same for all products"]
# cost_of_failure = "a customer is told a wrong price; support calls back"
# data_may_leave = false      # whether training data may go to a provider
# retrain = "quarterly"       # how often it is meant to be trained anew

[owners]
# business = "Ana, head of support"    # answers for content that is right and fresh
# technical = "Ben, platform"          # answers for pipelines and models

[pilot]
# weeks = 6
# metrics = ["share of answers rated down", "share of people who ask for a human"]

# Measurements that hybrid adapter evaluate did not make, such as of prompts:
# [[evaluations]]
# created = 2026-03-01T00:00:00Z
# score = 0.71
# error_classes = { "too long" = 0.18, "wrong tone" = 0.05 }
"""


def load_intent(path: Path) -> Intent:
    """Return what a file says, its paths resolved against the file's folder; all missing where there is none.

    Raises:
        ConfigError: The file is no TOML or says something unknown.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Intent()
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read ({error.strerror}); name an existing file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}; mend the file") from None
    try:
        intent = Intent.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path.name}: {key}: {first['msg'].lower()}; hybrid advise --init shows all keys") from None
    folder = path.absolute().parent
    examples = tuple(folder / each for each in intent.examples)
    return intent.model_copy(update={"examples": examples, "plan": intent.plan and folder / intent.plan})
