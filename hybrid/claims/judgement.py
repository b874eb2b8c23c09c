"""Whether a claim's cited evidence says what the claim says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hybrid.types import Evidence


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a judge found."""

    supported: bool
    """Whether the evidence carries the claim."""

    reason: str = ""
    """Why not, in one line without the documents' text; empty where it is supported."""


class ClaimJudge(Protocol):
    """Compares a claim with the evidence it cites."""

    def judge(self, claim: str, cited: Sequence[Evidence]) -> Judgement:
        """Return whether the cited evidence carries the claim."""
        ...
