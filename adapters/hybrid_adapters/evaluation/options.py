"""How an adapter is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hybrid.evaluation.gate import Limits
from hybrid.protocols import Model


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to evaluate."""

    contract: str
    """What replies look like, as ``module:Class``."""

    base: str | None = None
    """Folder of the base, where its name does not find it."""

    instructions: tuple[str, ...] = ()
    """Instructions to try in the prompt of the base, besides those of the adapter."""

    general: str | None = None
    """General text to measure forgetting on; the built-in one, when left out."""

    limits: Limits = Limits()
    """What the gate asks."""

    sheet: Path | None = None
    """Where a rating sheet for people is written, a page for a browser where it ends in .html; none, when left out."""

    remote: str | None = None
    """Remote model that is asked as well, as LiteLLM writes it; what it is sent leaves the machine."""

    judge: Model | None = None
    """Language model that compares the replies of arms; none, when left out."""

    code_tests: Mapping[str, str] = field(default_factory=dict[str, str])
    """Python tests by row id: code in the replies to these rows is run in a sandbox."""
