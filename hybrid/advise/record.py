"""The decision record, for a repository: Markdown for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hybrid.advise.decision import DAYS, Decision
from hybrid.advise.rules import Finding


def record_fields(decision: Decision, *, created: datetime) -> dict[str, Any]:
    """Return the record as JSON values."""
    intent = decision.facts.intent
    return {
        "created": created.isoformat(),
        "verdict": decision.verdict,
        "training_refused": decision.refused,
        "because": _finding(decision.because),
        "findings": [_finding(finding) for finding in decision.findings],
        "missing": [finding.text for finding in decision.missing],
        "conflicts": [
            {
                "about": conflict.about,
                "sides": dict(conflict.sides),
                "settled": conflict.settled,
                "matters": conflict.matters,
            }
            for conflict in decision.conflicts
        ],
        "must_be_true": list(intent.must_be_true),
        "cost_of_failure": intent.cost_of_failure,
        "owners": intent.owners.model_dump(),
        "pilot": intent.pilot.model_dump(mode="json"),
        "unread": list(decision.facts.unread),
    }


def render_markdown(decision: Decision, *, created: datetime) -> str:
    """Return the record as Markdown."""
    return "\n".join(_lines(decision, created)) + "\n"


def _lines(decision: Decision, created: datetime) -> Iterator[str]:
    because = decision.because
    yield f"# Decision: {decision.verdict}"
    yield ""
    yield f"{created.date().isoformat()}. {_sentence(because.text)} It takes {DAYS[decision.verdict]}."
    yield ""
    yield f"> {because.rule.text} (rule {because.rule.number}, {', '.join(because.rule.sources)})"
    yield ""
    yield f"Training an adapter is **{'refused' if decision.refused else 'not refused'}**."
    yield from _intent(decision)
    yield from _findings(decision)
    yield from _missing(decision)
    yield ""
    yield "## Where the sources contradict each other"
    yield ""
    for conflict in decision.conflicts:
        sides = "; ".join(f"{who}: {what}" for who, what in conflict.sides.items())
        matters = " **It matters here.**" if conflict.matters else ""
        yield f"- *{conflict.about}*: {sides}. {conflict.settled}{matters}"


def _intent(decision: Decision) -> Iterator[str]:
    intent = decision.facts.intent
    pilot = f"{intent.pilot.weeks:g} weeks" if intent.pilot.weeks else ""
    known = {
        "Goals": ", ".join(intent.goals),
        "What must be true": "; ".join(intent.must_be_true),
        "What failure costs": intent.cost_of_failure,
        "Business owner": intent.owners.business,
        "Technical owner": intent.owners.technical,
        "Pilot": ", ".join(filter(None, (pilot, *intent.pilot.metrics))),
    }
    said = {name: value for name, value in known.items() if value}
    if said:
        yield ""
        yield "## What people said"
        yield ""
        yield from (f"- {name}: {value}" for name, value in said.items())


def _findings(decision: Decision) -> Iterator[str]:
    yield ""
    yield "## What the rules say"
    yield ""
    yield "| rule | source | says | because | numbers |"
    yield "|---|---|---|---|---|"
    for finding in decision.findings:
        if finding.says != "missing":
            numbers = ", ".join(f"{name} {value}" for name, value in finding.numbers.items())
            says = f"**{finding.says}**" if finding is decision.because else finding.says
            cells = (str(finding.rule.number), ", ".join(finding.rule.sources), says, finding.text, numbers)
            yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _missing(decision: Decision) -> Iterator[str]:
    if decision.missing or decision.facts.unread:
        yield ""
        yield "## What is missing"
        yield ""
        yield from (f"- {_sentence(finding.text)} (rule {finding.rule.number})" for finding in decision.missing)
        yield from (f"- `{name}` is no report of an evaluation and was left out." for name in decision.facts.unread)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.number,
        "sources": list(finding.rule.sources),
        "text": finding.rule.text,
        "says": finding.says,
        "blocks": finding.blocks,
        "because": finding.text,
        "numbers": dict(finding.numbers),
    }


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
