"""A composer from settings, or with everything built in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hybrid import _plugins
from hybrid.answering.composer import Composer
from hybrid.answering.request import Limits, Style
from hybrid.calibration import DEFAULT_THRESHOLD, load_threshold
from hybrid.claims.judging import FactJudge
from hybrid.config import Settings
from hybrid.contract import Contract, SupportReply
from hybrid.contract.contract import contract_of
from hybrid.errors import ConfigError
from hybrid.evidence.deferred import DeferredSelector
from hybrid.evidence.remembered import RememberedVectors
from hybrid.evidence.selection import ScoringSelector, Selector
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

    Raises:
        ContractError: Only a language model can fill the contract, and the model is none.
    """
    model, contract = model or ExtractiveModel(), contract or Contract(SupportReply)
    if isinstance(model, ExtractiveModel):
        # What would fail at every question fails at once.
        contract.compose("answered", ["E1"])
    return Composer(
        knowledge=knowledge,
        model=model,
        selector=_selector(knowledge, ranker),
        judge=FactJudge(),
        contract=contract,
        refuse_below=refuse_below,
    )


def composer_from_settings(settings: Settings, knowledge: Knowledge) -> Composer:
    """Return the composer that settings describe, with the threshold they name or the calibrated one.

    The evidence ranker is loaded at the first question, which fails where its files were changed.

    Raises:
        ConfigError: The model or the contract is unknown, or an adapter is named for a model that takes none.
        ContractError: The contract cannot be kept, or not by this model.
        ModelError: The model cannot be loaded.
    """
    wanted = settings.answer
    if wanted.adapter is not None and not (name := _plugins.model_name(wanted.model)).startswith("local:"):
        raise ConfigError(
            f"adapter {wanted.adapter!r} needs a local model, and [answer] model is {name!r}; "
            'write model = "local:FOLDER", or leave the adapter out'
        )
    contract = contract_named(wanted.contract)
    threshold = load_threshold(settings.index.path) if wanted.refuse_below is None else wanted.refuse_below
    composer = default_composer(
        knowledge,
        model=_plugins.model(settings),
        contract=contract,
        refuse_below=threshold,
    )
    return replace(
        composer,
        # To check the ranker's files and to load it takes longer than most commands that ask nothing.
        selector=DeferredSelector(lambda: _selector(knowledge, _plugins.ranker(wanted))),
        style=Style(adapter=wanted.adapter, temperature=wanted.temperature, seed=wanted.seed),
        limits=Limits(**wanted.limits.model_dump()),
    )


def _selector(knowledge: Knowledge, ranker: Ranker | None) -> Selector:
    return ScoringSelector(embed=RememberedVectors(knowledge.embed), ranker=ranker)


def contract_named(name: str) -> Contract[Any]:
    """Return the contract that ``module:Class`` means.

    Raises:
        ConfigError: There is no such class.
        ContractError: The class cannot be kept as a contract.
    """
    try:
        model = _plugins.load(name)
    except Exception as error:  # the module is the user's own: anything can go wrong in it
        raise ConfigError(
            f"contract {name!r} cannot be loaded ({type(error).__name__}: {error}); write it as module:Class, "
            "where Python finds the module"
        ) from None
    if not isinstance(model, type):
        raise ConfigError(f"contract {name!r} is no class; name a pydantic model as module:Class")
    return contract_of(model)
