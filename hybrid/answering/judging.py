"""The built-in judge of claims."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.answering.claims import Judgement
from hybrid.models._reading import explained
from hybrid.models._words import words
from hybrid.types import Evidence


class FactJudge:
    """Supports a claim whose every content word stands in the evidence it cites."""

    def judge(self, claim: str, cited: Sequence[Evidence]) -> Judgement:
        """Return whether the cited evidence carries the claim."""
        known = frozenset[str]().union(*(words(explained(unit)) for unit in cited))
        missing = words(claim) - known
        return Judgement(supported=not missing, reason=f"{len(missing)} of its words stand in no evidence it cites")
