"""The built-in judge of claims: every fact must stand in the evidence, and the words around it in its order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.claims._dates import Date, is_stated, take_dates
from hybrid.claims._literals import holds_literal, name_words, names, take_literals
from hybrid.claims._numbers import Quantity, quantities
from hybrid.claims._qualifiers import qualifiers
from hybrid.claims._wording import says
from hybrid.claims.judgement import Judgement
from hybrid.evidence.reading import explained
from hybrid.evidence.words import words
from hybrid.types import Evidence

# At 0.95 already one wrong claim in twenty passes, because a single exchanged word is so little: benchmarks/claims.py.
DEFAULT_SUPPORT = 1.0
# A claim has at most 300 characters; comparing it with a long block takes time that a document's author decides.
_LONGEST = 2_000
_CLAUSE = re.compile(r"\s*;\s*|,?\s+\b(?:and|but|while|whereas)\b\s+")


class FactJudge:
    """Supports a claim whose facts all stand in the evidence it cites, with the same sign and in the same order.

    Numbers with units, dates, names, code and addresses must occur; negations and comparisons must agree; and the
    content words must come in the order of the evidence, synonyms not being the same. It would rather miss a paraphrase
    than let a wrong claim pass: a claim that fails is replaced by the evidence's own words.

    Args:
        threshold: How far a claim's content words must be those of its evidence, in [0, 1].

    Example:
        >>> from hybrid.claims.judging import FactJudge
        >>> FactJudge().judge("Refunds take 5 days.", [])
        Judgement(supported=False, reason='it cites nothing')
    """

    def __init__(self, *, threshold: float = DEFAULT_SUPPORT) -> None:
        self._threshold = threshold

    def judge(self, claim: str, cited: Sequence[Evidence]) -> Judgement:
        """Return whether the cited evidence carries the claim."""
        if not cited:
            return Judgement(supported=False, reason="it cites nothing")
        reasons = [self._missing(claim, unit) for unit in cited]
        if "" in reasons or (len(cited) > 1 and self._shared_out(claim, cited)):
            return Judgement(supported=True)
        return Judgement(supported=False, reason=reasons[0])

    def _shared_out(self, claim: str, cited: Sequence[Evidence]) -> bool:
        """Whether each clause rests on a unit of its own; two on one unit would have passed together."""
        clauses = _CLAUSE.split(claim)
        left = list(cited)
        for clause in clauses:
            carrier = next((unit for unit in left if not self._missing(clause, unit)), None)
            if carrier is None:
                return False
            left.remove(carrier)
        return len(clauses) > 1

    def _missing(self, claim: str, unit: Evidence) -> str:
        """Return what a unit lacks to carry a claim by itself, or nothing."""
        said = explained(unit)
        if len(said) > _LONGEST:
            return "its evidence is far longer than a sentence"
        around = " ".join((unit.passage.title, *unit.passage.heading_path))
        if reason := _read(claim).missing_from(_read(f"{said}\n{around}")):
            return reason
        shared = words(claim) & words(said)
        if qualifiers(claim, shared) != qualifiers(said, shared):
            return "a negation, condition or comparison differs from its evidence"
        if not says(claim, said, around=words(around), threshold=self._threshold):
            return "its words, or their order, are not those of its evidence"
        return ""


@dataclass(frozen=True, kw_only=True)
class _Facts:
    text: str
    literals: frozenset[str]
    dates: tuple[Date, ...]
    quantities: tuple[Quantity, ...]

    def missing_from(self, evidence: _Facts) -> str:
        """Return which kind of fact the evidence lacks."""
        if not all(holds_literal(evidence.text, literal) for literal in self.literals):
            return "code, an address or a time stands in no evidence it cites"
        if not all(is_stated(date, evidence.dates) for date in self.dates):
            return "a date stands in no evidence it cites"
        if not all(quantity.is_stated(evidence.quantities) for quantity in self.quantities):
            return "a number or its unit stands in no evidence it cites"
        if not names(self.text) <= name_words(evidence.text):
            return "a name stands in no evidence it cites"
        return ""


def _read(text: str) -> _Facts:
    without_dates, rest = take_dates(text)
    literals, prose = take_literals(rest)
    return _Facts(
        text=text, literals=frozenset(literals), dates=tuple(without_dates), quantities=tuple(quantities(prose))
    )
