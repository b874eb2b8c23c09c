"""A claim passes where its evidence says it, and no change of fact, sign, scope, order or unit passes."""

import pytest

from hybrid.claims.judging import FactJudge
from hybrid.types import Evidence, Passage, StageScores


def evidence(text: str, *, title: str = "Page", headings: tuple[str, ...] = (), context: str = "") -> Evidence:
    passage = Passage(
        document_id="docs:a.md",
        uri="memory:a.md",
        title=title,
        version="v",
        text=text,
        start=0,
        end=len(text),
        lines=(1, 1),
        heading_path=headings,
        scores=StageScores(fused=1.0),
    )
    return Evidence(id="E1", passage=passage, text=text, start=0, end=len(text), lines=(1, 1), context=context)


def supported(claim: str, *units: str) -> bool:
    return FactJudge().judge(claim, [evidence(unit) for unit in units]).supported


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("Refunds are paid within 5 working days.", "Refunds are paid within five working days."),
        ("A pool may hold 1000 users.", "A pool may hold 1,000 users."),
        ("We move on 2026-03-01.", "We move on 1 March 2026."),
        ("We moved on March 1, 2026.", "We moved on 1 March 2026."),
        ("Repairs take 3 to 5 days.", "Repairs take 3–5 days."),
        ("The key doesn't expire.", "The key does not expire."),
        ("Orders ship on Monday if paid by noon.", "If paid by noon, orders ship on Monday."),
        ("The probe costs €39.", "The probe (white or black) costs €39."),
        ("Run `pool --reset` first.", "First, run `pool --reset`."),
    ],
)
def test_the_same_in_other_words_is_supported(claim, said):
    assert supported(claim, said)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("Refunds take 5 weeks.", "Refunds take 5 days."),
        ("Refunds take 6 days.", "Refunds take 5 days."),
        ("Refunds take -5 days.", "Refunds take 5 days."),
        ("Paddle costs $39.", "Paddle costs €39."),
        ("It costs US€39.", "It costs US$39."),
        ("Plans allow 5 users and 3 pools.", "Plans allow 3 users and 5 pools."),
        ("We move on 1 March 2026.", "We move in March 2026."),
        ("We move on 2 March 2026.", "We move on 2026-03-01."),
        ("Doors open at 09:30.", "Doors open at 9:00."),
        ("Ben called Ana.", "Ana called Ben."),
        ("The night shift calls Ben.", "The night shift calls Ana."),
        ("Set `max_users` to 5.", "Set `min_users` to 5."),
        ("Set maxUsers.", "Set minUsers."),
        ("Use --force.", "Use --dry-run."),
        ("Use -force.", "Use --force."),
        ("See https://a.example/b.", "See https://a.example/c."),
        ("Write to a@b.example.", "Write to c@b.example."),
        ("Read /etc/pool.conf.", "Read /etc/gate.conf."),
        ("Version 1.2.3 is current.", "Version 1.2.4 is current."),
        ("Plans are refundable.", "Plans are not refundable."),
        ("Plans aren't refundable.", "Plans are refundable."),
        ("Cash is refunded, cards are not.", "Cards are refunded, cash is not."),
        ("Not all plans include night support.", "All plans do not include night support."),
        ("Refunds are paid.", "Refunds are paid only by card."),
        ("Refunds are paid unless cancelled.", "Refunds are paid if cancelled."),
        ("Refunds are paid by card.", "Refunds may be paid by card."),
        ("Leads approve at least €600.", "Leads approve up to €600."),
        ("Cancel after 1 May 2026.", "Cancel before 1 May 2026."),
        ("More than 5 users may share a key.", "Fewer than 5 users may share a key."),
        ("The gateway restarts.", "The gateway fails to restart."),
        ("Refunds take 5 days.", "Refunds for yearly plans take 5 days."),
        ("The gateway rose.", "The cost of the gateway rose."),
        ("The light is red.", "The light is green."),
        ("The pool is open on Sundays.", "Chlorine is delivered weekly."),
    ],
)
def test_what_the_evidence_does_not_say_is_not_supported(claim, said):
    judgement = FactJudge().judge(claim, [evidence(said)])
    assert not judgement.supported
    assert judgement.reason


def test_a_heading_stands_in_for_a_pronoun_and_for_no_other_name():
    unit = evidence("It expires after 7 days.", title="Trial key")
    assert FactJudge().judge("The trial key expires after 7 days.", [unit]).supported
    other = evidence("The master key expires after 7 days.", title="Trial key")
    assert not FactJudge().judge("The trial key expires after 7 days.", [other]).supported


def test_each_clause_may_rest_on_a_unit_of_its_own():
    units = ("Refunds take 5 days.", "Paddle costs €39.")
    assert supported("Refunds take 5 days, and Paddle costs €39.", *units)
    assert not supported("Refunds take 39 days, and Paddle costs €5.", *units)


def test_facts_of_two_units_are_not_mixed():
    assert not supported("Paddle costs €79.", "Paddle costs €39.", "Length costs €79.")


def test_a_claim_that_cites_nothing_is_not_supported():
    assert not FactJudge().judge("Refunds take 5 days.", []).supported


def test_a_reason_never_holds_a_documents_words():
    said = "Zanzibar quokkas weigh 4711 grams, says `quokka_scale` at https://quokka.example on 2026-03-01."
    for claim in (
        "Quokkas weigh 3 grams.",
        "See `x_y`.",
        "On 1 May 2020.",
        "The Okapi.",
        "Not quokkas.",
        "Other words.",
    ):
        reason = FactJudge().judge(claim, [evidence(said)]).reason.lower()
        assert reason
        assert not {"zanzibar", "quokka", "4711", "okapi"} & set(reason.replace("s ", " ").split())


@pytest.mark.parametrize("text", ["", " ", "[9]" * 90, "\ud800", "(" * 290, "1,000," * 45, "a, " * 99, "`" * 300])
def test_any_text_is_judged(text):
    assert not FactJudge().judge(text, [evidence("Refunds take 5 days.")]).supported
    FactJudge().judge("Refunds take 5 days.", [evidence(text)])
