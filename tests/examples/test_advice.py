"""The sample's own decision record: complete, and not against training its voices."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid.advise.decision import decide
from hybrid.advise.facts import Facts
from hybrid.advise.intent import load_intent
from hybrid_adapters.rows.example import load_examples

SAMPLE = Path(__file__).parents[2] / "examples" / "support_bot"


@pytest.mark.parametrize("voice", ["support-voice", "formal-voice", "ticket-triage"])
def test_train_sh_is_not_refused(voice: str) -> None:
    approved = sum(
        each.example.decision == "approved" for each in load_examples([SAMPLE / "voices" / f"{voice}.jsonl"])
    )
    decision = decide(Facts(intent=load_intent(SAMPLE / "advise.toml"), approved=approved, method="qlora"))
    assert not decision.refused
    assert approved >= 200


def test_people_have_said_everything_that_cannot_be_measured() -> None:
    missing = {finding.rule.number for finding in decide(Facts(intent=load_intent(SAMPLE / "advise.toml"))).missing}
    # Recall, pairs, evaluations and break-even are measured.
    assert missing == {10, 7, 6, 9}
