"""What a recipe will take and what it brings, before anything is trained."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hybrid.advise.conflicts import ENOUGH
from hybrid.errors import ConfigError
from hybrid_adapters.training._base import quiet_libraries
from hybrid_adapters.training._demand import METHODS, Shape, memory, operations, shape_of, trained_weights
from hybrid_adapters.training._job import Job, job_of
from hybrid_adapters.training.payback import Payback, Prices, Question, Range, paybacks, training_cost
from hybrid_adapters.training.recipe import Method, Recipe

# Evaluation, checkpoints and loading come on top of the steps; another method's kernels are not those measured.
_MEASURED = (0.95, 1.35)
_DERIVED = (0.6, 1.8)
_WEIGHT_BYTES = 4
# A forward pass is the half or a third of a step.
_FORWARD = 1 / 2.5


@dataclass(frozen=True, kw_only=True)
class MethodPlan:
    """What one method takes."""

    method: Method
    """The method."""

    measured: bool
    """Whether its steps were timed; otherwise they follow from operations and the timed method."""

    seconds: Range
    """Of the training."""

    memory: float
    """Most bytes held at once."""

    cost: Range
    """Of machine time and the work on the rows."""

    weights: int
    """Weights that are trained."""

    stored: int
    """Bytes of what is kept."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a recipe takes and brings."""

    recipe: str
    """Its name."""

    base: str
    """Name of the base."""

    device: str
    """Where it was timed."""

    rows: int
    """Training rows."""

    held_out: int
    """Rows to measure with."""

    tokens: int
    """Tokens that are read in all epochs."""

    steps: int
    """Updates of the weights."""

    methods: tuple[MethodPlan, ...]
    """The recipe's method first."""

    paybacks: tuple[Payback, ...]
    """When it pays for itself, as far as prices are known."""

    advice: tuple[str, ...]
    """What to think of before the start."""


def plan(recipe: Recipe, *, prices: Prices, saved_tokens: int = 0, per_week: float = 0.0) -> Plan:
    """Return the plan of a recipe; a few of its steps are timed, and nothing is kept of them.

    Args:
        recipe: The recipe.
        prices: What things cost.
        saved_tokens: Tokens of instructions and examples that every prompt would need without the adapter.
        per_week: Questions a week; 0 where that is not known.

    Raises:
        ConfigError: The recipe is that of a ranker, which no other method can do and which takes minutes.
        RowsError: A row may not or cannot be trained on.
        ModelFilesError: The base cannot be trained on.
        MissingExtraError: The packages for it are not installed.
    """
    if recipe.method == "ranker":
        raise ConfigError("a ranker is trained within minutes and in one way; there is nothing to plan, train it")
    with quiet_libraries():
        job = job_of(recipe)
        shape = shape_of(job.loaded.network)
        timed = _timed(job)
    methods = tuple(_method_plans(job, shape, timed, prices))
    question = Question(
        read=_mean([row.prompt for row in job.prepared.rows]),
        written=_mean([row.supervised for row in job.prepared.rows]),
        saved=saved_tokens,
        seconds=timed.times(_FORWARD),
    )
    return Plan(
        recipe=recipe.name,
        base=Path(recipe.base).name,
        device=job.loaded.network.device.type,
        rows=len(job.prepared.rows),
        held_out=len(job.prepared.held_out),
        tokens=job.tokens,
        steps=job.schedule.steps,
        methods=methods,
        paybacks=tuple(paybacks(methods[0].cost, question, prices, per_week=per_week)),
        advice=tuple(_advice(job)),
    )


def _timed(job: Job) -> Range:
    from hybrid_adapters.training._fitting import new_trainer
    from hybrid_adapters.training._timing import seconds_per_token

    with tempfile.TemporaryDirectory() as folder:
        return seconds_per_token(new_trainer(job, Path(folder)), job)


def _method_plans(job: Job, shape: Shape, timed: Range, prices: Prices) -> Iterator[MethodPlan]:
    recipe, cuda = job.recipe, job.loaded.network.device.type == "cuda"
    lengths = job.prepared.lengths
    row = _mean(lengths)
    own: Method = "full" if recipe.method == "pretrain" else recipe.method
    base = operations(own, shape, recipe.rank, row=row, recomputed=cuda)
    # A pair of replies is two rows, and both are counted in its length.
    pair = 2 if own == "dpo" else 1
    at_once = job.schedule.packed or job.schedule.at_once * max(lengths) // pair
    learned = round(at_once * pair * _mean([each.supervised for each in job.prepared.rows]) / row)
    others: tuple[Method, ...] = tuple(each for each in METHODS if each != own)
    for method in (own, *others):
        share = operations(method, shape, recipe.rank, row=row, recomputed=cuda) / base
        low, high = _MEASURED if method == own else _DERIVED
        total = timed.times(job.tokens * share * (2 if method == "dpo" else 1) / pair)
        seconds = Range(low=total.low * low, high=total.high * high)
        weights = trained_weights(method, shape, recipe.rank)
        yield MethodPlan(
            method=recipe.method if method == own else method,
            measured=method == own,
            seconds=seconds,
            memory=memory(method, shape, recipe.rank, tokens=at_once, learned=learned, recomputed=cuda),
            cost=training_cost(seconds, prices),
            weights=weights,
            stored=weights * _WEIGHT_BYTES,
        )


def _advice(job: Job) -> Iterator[str]:
    count = len(job.prepared.rows)
    if count < ENOUGH and job.recipe.method != "pretrain":
        yield f"{count} reviewed rows are few: below {ENOUGH}, try instructions and examples in the prompt first"
    if not job.prepared.held_out:
        yield "no row is held out, so that nothing will show whether the training was worth it"


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)
