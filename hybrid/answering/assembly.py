"""A composer from settings, or with everything built in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hybrid import _plugins
from hybrid.answering.composer import Composer
from hybrid.answering.judging import FactJudge
from hybrid.answering.request import Limits, Style
from hybrid.answering.selection import ScoringSelector
from hybrid.calibration import DEFAULT_THRESHOLD, load_threshold
from hybrid.config import Settings
from hybrid.contract import Contract, SupportReply
from hybrid.contract.contract import contract_of
from hybrid.errors import ConfigError
from hybrid.models._remembered import RememberedVectors
from hybrid.models.extractive import ExtractiveModel
from hybrid.protocols import Knowledge, Model, Ranker


def default_composer(
    knowledge: Knowledge,
    *,
    model: Model | None = None,
    contract: Contract[Any] | None = None,
    refuse_below: float = DEFAULT_THRESHOLD,
    ranker: Ranker | None = None,
) -> Composer:
    """Return a composer with the built-in stages.

    Args:
        knowledge: Embeds, and re-reads every citation.
        model: Writes replies; the extractive model, when left out.
        contract: What a reply looks like; ``SupportReply``, when left out.
        refuse_below: Support in [0, 1] below which a question is refused.
        ranker: Reads evidence together with the question; none, when left out.
    """
    return Composer(
        knowledge=knowledge,
        model=model or ExtractiveModel(),
        selector=ScoringSelector(embed=RememberedVectors(knowledge.embed), ranker=ranker),
        judge=FactJudge(),
        contract=contract or Contract(SupportReply),
        refuse_below=refuse_below,
    )


def composer_from_settings(settings: Settings, knowledge: Knowledge) -> Composer:
    """Return the composer that settings describe, with the threshold they name or the calibrated one.

    Raises:
        ConfigError: The model or the contract is unknown.
        ModelError: The model cannot be loaded.
    """
    wanted = settings.answer
    threshold = load_threshold(settings.index.path) if wanted.refuse_below is None else wanted.refuse_below
    composer = default_composer(
        knowledge,
        model=_plugins.model(settings),
        contract=_contract(wanted.contract),
        refuse_below=threshold,
        ranker=_plugins.ranker(),
    )
    return replace(
        composer,
        style=Style(adapter=wanted.adapter, temperature=wanted.temperature, seed=wanted.seed),
        limits=Limits(**wanted.limits.model_dump()),
    )


def _contract(name: str) -> Contract[Any]:
    try:
        model = _plugins.load(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"contract {name!r} cannot be loaded ({error}); write it as module:Class") from None
    return contract_of(model)
