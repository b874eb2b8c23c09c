"""The decision: what to do next, because of which rule, and whether training is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hybrid.advise.conflicts import Conflict, conflicts
from hybrid.advise.facts import Facts
from hybrid.advise.rules import Finding, found
from hybrid.advise.weighing import weigh
from hybrid.errors import CheckFailed

Verdict = Literal["nothing", "prompt", "retrieval", "adapter"]
"""What to do next."""

DAYS: dict[Verdict, str] = {
    "nothing": "no time",
    "prompt": "a day",
    "retrieval": "one to two weeks",
    "adapter": "two to four weeks",
}
"""How long it takes, by rule 2."""

_PAIRS = 7


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do next, and why."""

    verdict: Verdict
    """What to do next."""

    because: Finding
    """The finding that decides."""

    refused: bool
    """Whether training is refused: something speaks against it, and not only too little for it."""

    findings: tuple[Finding, ...]
    """What every rule says, in the order in which rules decide."""

    conflicts: tuple[Conflict, ...]
    """Where the texts contradict each other, what matters now first."""

    facts: Facts
    """What was known."""

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What is not known."""
        return tuple(finding for finding in self.findings if finding.says == "missing")

    def require_allowed(self) -> None:
        """Return if training is not refused.

        Raises:
            CheckFailed: It is; the message names the rule, its source and what to do first.
        """
        if self.refused:
            because = self.because
            raise CheckFailed(
                f"advice is against training ({self.verdict}): {because.text} (rule {because.rule.number}, "
                f"{', '.join(because.rule.sources)}); do that first, or give --override REASON"
            )


def decide(facts: Facts) -> Decision:
    """Return the decision for what is known.

    The first finding that speaks against training decides. Where none does, one that asks for an adapter decides, then
    the first that asks for something simpler; where nothing asks for anything the simplest comes first. What is not
    known speaks against nothing, except where a rule says so: pairs that nobody says are being added to.

    Example:
        >>> decide(Facts(approved=40)).verdict, decide(Facts(approved=40)).refused
        ('prompt', True)
    """
    findings = tuple(weigh(facts))
    because = _because(findings)
    verdict = because.says
    assert verdict not in ("note", "missing"), "only what asks for something decides"
    return Decision(
        verdict=verdict,
        because=because,
        refused=because.blocks,
        findings=findings,
        conflicts=conflicts(facts),
        facts=facts,
    )


def _because(findings: tuple[Finding, ...]) -> Finding:
    asking = [finding for finding in findings if finding.says not in ("note", "missing")]
    against = [finding for finding in asking if finding.blocks]
    if against:
        return against[0]
    trained = [finding for finding in asking if finding.says == "adapter"]
    if trained:
        return trained[0] if _has_pairs(findings) else _without_pairs(asking)
    return (
        asking[0] if asking else found(1, "prompt", "nothing that is known asks for more than a prompt with examples")
    )


def _has_pairs(findings: tuple[Finding, ...]) -> bool:
    return any(finding.rule.number == _PAIRS and finding.says == "note" for finding in findings)


def _without_pairs(asking: list[Finding]) -> Finding:
    few = [finding for finding in asking if finding.rule.number == _PAIRS]
    return few[0] if few else found(_PAIRS, "prompt", "an adapter would help, but no reviewed pairs were counted")
