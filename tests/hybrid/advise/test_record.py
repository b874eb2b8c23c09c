"""What a record says, what it calls missing, and which contradictions it shows."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.advise.conflicts import conflicts
from hybrid.advise.decision import decide
from hybrid.advise.facts import Changes, Facts, Payback
from hybrid.advise.intent import TEMPLATE, Evaluation, Goal, Intent, Rate, Tried, load_intent
from hybrid.advise.record import record_fields, render_markdown
from hybrid.advise.rules import RULES
from hybrid.errors import CheckFailed, ConfigError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MAYBE = st.none() | st.booleans()

intents = st.builds(
    Intent,
    goals=st.lists(st.sampled_from(Goal.__args__), unique=True).map(tuple),
    tried=st.none() | st.lists(st.sampled_from(Tried.__args__), unique=True).map(tuple),
    facts_change=st.none() | st.sampled_from(Rate.__args__),
    behaviour_changes=st.none() | st.sampled_from(Rate.__args__),
    pairs_possible=MAYBE,
    labelling=MAYBE,
    good_enough=st.none() | st.floats(0, 1),
    per_week=st.none() | st.floats(0, 1e6),
    data_may_leave=MAYBE,
)
measured = st.builds(
    Evaluation,
    created=st.just(NOW),
    score=st.floats(0, 1),
    error_classes=st.dictionaries(st.sampled_from(["tone", "length"]), st.floats(0, 1)),
)
known = st.builds(
    Facts,
    intent=intents,
    evaluations=st.lists(measured, max_size=5).map(tuple),
    approved=st.none() | st.integers(0, 2_000),
    paybacks=st.just(()) | st.just((Payback(against="a", questions=None, weeks=None),)),
    method=st.sampled_from([None, "qlora", "full", "dpo", "pretrain"]),
)


@given(facts=known)
def test_whatever_is_known_there_is_one_decision_with_a_reason(facts):
    decision = decide(facts)
    assert decision.refused == any(finding.blocks for finding in decision.findings)
    assert decision.because.says == decision.verdict
    if decision.verdict == "adapter" and not decision.refused:
        assert facts.approved is not None
    assert RULES[decision.because.rule.number] == decision.because.rule
    fields = record_fields(decision, created=NOW)
    assert json.loads(json.dumps(fields)) == fields
    assert render_markdown(decision, created=NOW).startswith(f"# Decision: {decision.verdict}\n")


def test_nothing_known_is_a_prompt_and_a_list_of_what_is_missing():
    decision = decide(Facts())
    assert (decision.verdict, decision.refused) == ("prompt", False)
    missing = "\n".join(finding.text for finding in decision.missing)
    for word in (
        "recall",
        "goals",
        "tried",
        "reviewed pairs",
        "evaluations",
        "must_be_true",
        "owner",
        "pilot",
        "per_week",
    ):
        assert word in missing


def test_a_refusal_names_rule_source_and_way_out():
    with pytest.raises(CheckFailed, match=r"40 reviewed pairs are fewer than 200.*rule 7, S1.*--override REASON"):
        decide(Facts(approved=40)).require_allowed()
    decide(Facts(approved=400)).require_allowed()


def test_all_four_contradictions_are_shown_and_those_that_matter_come_first():
    style = conflicts(Facts(intent=Intent(goals=("tone",)), approved=120, method="qlora"))
    assert [conflict.matters for conflict in style] == [True, True, True, False]
    assert {conflict.about for conflict in style} == {
        "format and tone", "50 to 200 pairs", "how many rows", "precision of an adapter"
    }  # fmt: skip
    assert all(len(conflict.sides) >= 2 for conflict in style)
    page = render_markdown(decide(Facts(intent=Intent(goals=("tone",)), approved=120)), created=NOW)
    assert page.count("It matters here.") == 2


@pytest.mark.parametrize(
    ("days", "changed", "weeks_with", "rate"),
    [(13, 50, 2, None), (56, 40, 8, "weekly"), (56, 4, 2, "monthly"), (84, 1, 1, "quarterly"), (84, 0, 0, "never")],
)
def test_how_often_facts_change_is_counted_where_it_was_counted_long_enough(days, changed, weeks_with, rate):
    changes = Changes(documents=80, days=days, changed=changed, weeks_with=weeks_with)
    assert changes.rate == rate
    facts = Facts(intent=Intent(facts_change="yearly"), changes=changes)
    assert facts.facts_change == (rate or "yearly")


def test_what_people_said_stands_in_the_record(tmp_path):
    file = tmp_path / "advise.toml"
    file.write_text(re.sub(r"^# (?=[a-z\[])", "", TEMPLATE, flags=re.MULTILINE))
    intent = load_intent(file)
    assert intent.examples == (tmp_path / "voices",)
    page = render_markdown(decide(Facts(intent=intent)), created=NOW)
    for said in ("Ana, head of support", "Ben, platform", "6 weeks, share of answers rated down", "a wrong price"):
        assert said in page


def test_the_template_says_nothing_until_it_is_filled_in(tmp_path):
    (tmp_path / "advise.toml").write_text(TEMPLATE)
    assert load_intent(tmp_path / "advise.toml") == Intent()
    assert set(Intent.model_fields) - {"owners", "pilot", "evaluations"} <= set(TEMPLATE.replace("# ", "").split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("goals = [", "mend the file"),
        ('goals = ["fame"]', "goals.0"),
        ("colour = 1", "colour"),
        ("good_enough = 2", "good_enough"),
    ],
)
def test_a_file_that_says_something_unknown_is_named(tmp_path, text, said):
    file = tmp_path / "advise.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_intent(file)
