"""Twenty situations as teams describe them: what is advised, by which rule and numbers, and whether it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from hybrid.advise.decision import decide
from hybrid.advise.facts import Changes, Facts, Payback
from hybrid.advise.intent import Evaluation, Intent
from hybrid.evaluation.last_check import LastCheck


def recall(value, questions=120):
    return LastCheck.model_validate(
        {
            "golden": "golden.jsonl",
            "created": "2026-03-01T00:00:00Z",
            "recall": value,
            "interval": (value - 0.05, min(1.0, value + 0.05)),
            "answerable": questions,
            "leaks": 0,
        }
    )


def evaluations(*scores, worst=("wrong tone",)):
    kinds = worst if len(worst) > 1 else worst * len(scores)
    return tuple(
        Evaluation.model_validate(
            {"created": f"2026-03-{day:02}T00:00:00Z", "score": score, "error_classes": {kind: 0.2, "other": 0.05}}
        )
        for day, (score, kind) in enumerate(zip(scores, kinds, strict=True), start=1)
    )


PLATEAU = evaluations(0.70, 0.71, 0.70)
TONE = {"goals": ("tone",), "tried": ("prompt", "examples"), "pairs_possible": True, "labelling": True}


def facts(*, approved=None, check=None, seen=(), changes=None, paybacks=(), method=None, **intent):
    return Facts(
        intent=Intent.model_validate(intent),
        check=check,
        evaluations=seen,
        approved=approved,
        changes=changes,
        paybacks=paybacks,
        method=method,
    )


@dataclass(frozen=True, kw_only=True)
class Scenario:
    story: str
    facts: Facts
    verdict: str
    rule: int
    refused: bool
    numbers: dict[str, Any] = field(default_factory=dict)


SCENARIOS = [
    Scenario(
        story="The index finds 71 % for the golden questions; the team wants a warmer tone and has everything else.",
        facts=facts(check=recall(0.71), approved=400, seen=PLATEAU, **TONE),
        verdict="retrieval",
        rule=10,
        refused=True,
        numbers={"recall": 0.71, "limit": 0.80},
    ),
    Scenario(
        story="Recall is exactly 0.80, the tone is stuck after three prompts, 400 pairs are reviewed.",
        facts=facts(check=recall(0.80), approved=400, seen=PLATEAU, **TONE),
        verdict="adapter",
        rule=6,
        refused=False,
        numbers={"gain": 0.01, "share": 0.2},
    ),
    Scenario(
        story="Answers about prices are outdated; prices change each week by the index's own journal.",
        facts=facts(
            check=recall(0.95),
            goals=("facts",),
            tried=("prompt",),
            changes=Changes(documents=80, days=56, changed=40, weeks_with=8),
        ),
        verdict="retrieval",
        rule=3,
        refused=True,
        numbers={"facts_change": "weekly"},
    ),
    Scenario(
        story="Lawyers need every line cited; the texts hardly change.",
        facts=facts(
            check=recall(0.9), goals=("facts", "citations"), facts_change="yearly", approved=900, tried=("prompt",)
        ),
        verdict="retrieval",
        rule=3,
        refused=True,
        numbers={"facts_change": "yearly", "goals": "facts, citations"},
    ),
    Scenario(
        story="The JSON must always be valid.",
        facts=facts(goals=("format",), tried=("prompt",), approved=600, facts_change="never"),
        verdict="prompt",
        rule=5,
        refused=True,
        numbers={"goals": "format"},
    ),
    Scenario(
        story="Tickets are to be labelled; nobody tried structured output.",
        facts=facts(
            goals=("labels",), tried=("prompt",), approved=600, pairs_possible=True, seen=PLATEAU, facts_change="never"
        ),
        verdict="prompt",
        rule=5,
        refused=True,
        numbers={"tried": "prompt"},
    ),
    Scenario(
        story="Tickets are labelled by a contract and three prompts; the same two labels are mixed up each time.",
        facts=facts(
            goals=("labels",),
            tried=("prompt", "structured-output"),
            approved=600,
            pairs_possible=True,
            facts_change="never",
            seen=evaluations(0.80, 0.81, 0.805, worst=("billing",)),
        ),
        verdict="adapter",
        rule=6,
        refused=False,
        numbers={"worst": "billing, billing, billing"},
    ),
    Scenario(
        story="A team wants to train on its first day; no prompt was tried.",
        facts=facts(goals=("tone",), tried=(), approved=300, pairs_possible=True, facts_change="never"),
        verdict="prompt",
        rule=1,
        refused=True,
        numbers={"tried": "nothing"},
    ),
    Scenario(
        story="Each expert writes another reply to the same question.",
        facts=facts(goals=("tone",), tried=("prompt",), pairs_possible=False, approved=300, seen=PLATEAU),
        verdict="prompt",
        rule=8,
        refused=True,
        numbers={"pairs_possible": "no"},
    ),
    Scenario(
        story="The way to speak is decided anew each month by marketing.",
        facts=facts(approved=300, seen=PLATEAU, behaviour_changes="monthly", **TONE),
        verdict="prompt",
        rule=4,
        refused=True,
        numbers={"behaviour_changes": "monthly"},
    ),
    Scenario(
        story="120 pairs, and nobody labels more.",
        facts=facts(approved=120, seen=PLATEAU, **{**TONE, "labelling": False}),
        verdict="prompt",
        rule=7,
        refused=True,
        numbers={"approved": 120, "enough": 200},
    ),
    Scenario(
        story="199 pairs, and nobody said who labels more.",
        facts=facts(approved=199, seen=PLATEAU, goals=("reasoning",), tried=("prompt",)),
        verdict="prompt",
        rule=7,
        refused=True,
        numbers={"approved": 199},
    ),
    Scenario(
        story="120 pairs for tone alone, more come each week: one text says that is enough, another that it is not.",
        facts=facts(approved=120, seen=PLATEAU, **TONE),
        verdict="adapter",
        rule=6,
        refused=False,
        numbers={"evaluations": 3},
    ),
    Scenario(
        story="120 pairs for a way of reasoning, more come each week.",
        facts=facts(approved=120, seen=PLATEAU, **{**TONE, "goals": ("reasoning",)}),
        verdict="prompt",
        rule=7,
        refused=False,
        numbers={"approved": 120},
    ),
    Scenario(
        story="Each prompt is better than the one before.",
        facts=facts(approved=400, seen=evaluations(0.60, 0.66, 0.72), **TONE),
        verdict="prompt",
        rule=6,
        refused=False,
        numbers={"gain": 0.12, "scores": "0.600, 0.660, 0.720"},
    ),
    Scenario(
        story="Scores stand still, but each time for another reason.",
        facts=facts(approved=400, seen=evaluations(0.7, 0.7, 0.7, worst=("tone", "length", "refusal")), **TONE),
        verdict="prompt",
        rule=6,
        refused=False,
        numbers={"worst": "tone, length, refusal"},
    ),
    Scenario(
        story="The last evaluation is as good as anybody wished.",
        facts=facts(check=recall(0.9), approved=400, seen=evaluations(0.85, 0.92, 0.93), good_enough=0.9, **TONE),
        verdict="nothing",
        rule=41,
        refused=True,
        numbers={"score": 0.93, "good_enough": 0.9},
    ),
    Scenario(
        story="It is about cost: a long prompt a million times a week, paid back in six weeks at worst.",
        facts=facts(
            goals=("cost",),
            tried=("prompt",),
            approved=500,
            per_week=1_000_000,
            facts_change="never",
            paybacks=(Payback(against="the remote model", questions=(900_000, 6_000_000), weeks=(0.9, 6.0)),),
        ),
        verdict="adapter",
        rule=9,
        refused=False,
        numbers={"weeks_low": 0.9, "weeks_high": 6.0},
    ),
    Scenario(
        story="It is about cost: forty questions a week never pay for a training.",
        facts=facts(
            goals=("cost",),
            tried=("prompt",),
            approved=500,
            per_week=40,
            facts_change="never",
            paybacks=(Payback(against="a longer prompt on this machine", questions=None, weeks=None),),
        ),
        verdict="prompt",
        rule=9,
        refused=True,
        numbers={"against": "a longer prompt on this machine"},
    ),
    Scenario(
        story="All is ready for an adapter, and the recipe trains all weights.",
        facts=facts(check=recall(0.9), approved=400, seen=PLATEAU, method="full", **TONE),
        verdict="adapter",
        rule=16,
        refused=True,
        numbers={"method": "full"},
    ),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[f"{n:02}" for n in range(1, 21)])
def test_it_is_advised_by_the_rule_that_decides(scenario):
    decision = decide(scenario.facts)
    assert (decision.verdict, decision.because.rule.number) == (scenario.verdict, scenario.rule), scenario.story
    assert decision.refused is scenario.refused
    assert scenario.numbers.items() <= decision.because.numbers.items()
    assert decision.because.rule.sources


def test_there_are_twenty_of_them():
    assert len(SCENARIOS) == 20
    assert {scenario.verdict for scenario in SCENARIOS} == {"nothing", "prompt", "retrieval", "adapter"}
