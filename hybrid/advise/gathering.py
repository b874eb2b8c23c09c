"""Collecting what is known: from the index, the registry, reviewed pairs, a plan, and ``advise.toml``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hybrid import _plugins
from hybrid.advise.facts import Changes, Facts, Payback
from hybrid.advise.intent import Evaluation, Intent
from hybrid.config import Settings
from hybrid.errors import ConfigError
from hybrid.evaluation.last_check import load_last_check

_EVALUATIONS = "evaluations"


class _Payback(BaseModel):
    model_config = ConfigDict(extra="ignore")

    against: str
    questions: tuple[int, int] | None
    weeks: tuple[float, float] | None


class _Plan(BaseModel):
    model_config = ConfigDict(extra="ignore")

    paybacks: list[_Payback]


def gather(
    intent: Intent,
    *,
    settings: Settings | None,
    registry: Path,
    name: str | None = None,
    approved: int | None = None,
    method: str | None = None,
) -> Facts:
    """Return everything that is known.

    Args:
        intent: What people wrote down.
        settings: Of the configured index; None where there is no configuration.
        registry: Folder of the adapters.
        name: Adapter whose evaluations count; the only one that has any, when left out.
        approved: Pairs of the recipe that is about to be trained; those of the intent's examples when left out.
        method: Method of that recipe.

    Raises:
        ConfigError: The last check or the plan is damaged.
        RowsError: The examples cannot be read.
    """
    evaluated = sorted({file.parent.parent.name for file in registry.glob(f"*/{_EVALUATIONS}/*.json")})
    named = [name] if name is not None else evaluated
    evaluations, unread = _evaluations(registry, named[0]) if len(named) == 1 else ([], [])
    waiting = 0
    if approved is None and intent.examples:
        approved, waiting = _pairs(intent.examples)
    return Facts(
        intent=intent,
        check=load_last_check(settings.index.path) if settings else None,
        evaluations=tuple(sorted([*evaluations, *intent.evaluations], key=lambda each: each.created.timestamp())),
        approved=approved,
        waiting=waiting,
        changes=_changes(settings) if settings else None,
        paybacks=_paybacks(intent.plan) if intent.plan else (),
        method=method,
        several=tuple(named) if len(named) > 1 else (),
        unread=tuple(unread),
    )


def _evaluations(registry: Path, name: str) -> tuple[list[Evaluation], list[str]]:
    """Return one evaluation for each weights that were measured, and the files that are no reports.

    What was measured again, or promoted after it was measured, is no further step.
    """
    read: dict[str, Evaluation] = {}
    unread: list[str] = []
    for file in sorted((registry / name / _EVALUATIONS).glob("*.json")):
        try:
            found = Evaluation.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            unread.append(str(file.relative_to(registry)))
        else:
            read[found.weights_sha256 or file.name] = found
    return list(read.values()), unread


def _pairs(examples: Sequence[Path]) -> tuple[int, int]:
    placed: Sequence[Any] = _plugins.load("hybrid_adapters.rows.example:load_examples")(examples)
    counts = Counter(each.example.decision for each in placed)
    return counts["approved"], counts["open"]


def _changes(settings: Settings) -> Changes | None:
    history = _plugins.load("hybrid_indexes.journal.history:change_history")(settings.index.path)
    if history is None:
        return None
    documents, days, changed = history
    return Changes(
        documents=documents,
        days=days,
        changed=sum(count for _, count in changed),
        weeks_with=len({ago // 7 for ago, _ in changed}),
    )


def _paybacks(plan: Path) -> tuple[Payback, ...]:
    try:
        found = _Plan.model_validate_json(plan.read_bytes())
    except OSError as error:
        raise ConfigError(f"plan {str(plan)!r} cannot be read ({error.strerror}); name an existing file") from None
    except ValidationError:
        raise ConfigError(
            f"{str(plan)!r} is no plan; write one: hybrid adapter plan RECIPE --json > plan.json"
        ) from None
    return tuple(Payback(against=each.against, questions=each.questions, weeks=each.weeks) for each in found.paybacks)
