"""What a check finds in rows, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets_samples import chat, checked, clean, example, found, write_rows

from hybrid.errors import RowsError
from hybrid_adapters.datasets.checking import Live
from hybrid_adapters.datasets.personal import masked, personal_data
from hybrid_adapters.datasets.report import render_html, report_fields, verdict_of

KETTLE = ("kettle.md", "Its handle becomes hot.")


def test_nothing_is_wrong_with_clean_rows(tmp_path: Path) -> None:
    report = checked(tmp_path, clean())
    assert (report.findings, report.good, report.counts.approved) == ((), True, 12)
    assert report.counts.by["status"] == {"answered": 10, "refused": 2}
    assert report.purposes["style"] == "38 too few (50 to 200)"
    assert verdict_of(report) == "nothing to mend"


@pytest.mark.parametrize(
    "question",
    [
        "why was the blue kettle recalled",
        "Hi, why was the blue kettle recalled? Thank you!",
        "Why was teh blue ketttle recaled?",
        "The blue kettle: why was it recalled?",
        "My neighbour bought one in spring. Why was the blue kettle recalled?",
    ],
)
def test_one_question_in_other_words(tmp_path: Path, question: str) -> None:
    again, other = example("again", question, *KETTLE), example("other", question)
    assert found(checked(tmp_path, [*clean(), again])) == [("duplicate", "again")]
    conflict = checked(tmp_path, [*clean(), other]).findings
    assert [(each.kind, each.id, each.other) for each in conflict] == [("conflict", "other", "r7")]
    assert 'status "refused" and "answered"' in conflict[0].reason


@pytest.mark.parametrize(
    "question",
    [
        "Why was the red kettle recalled?",
        "When was the blue kettle recalled?",
        "Why was the blue kettle of 2019 recalled?",
        "Why was the blue kettle not recalled in Norway?",
    ],
)
def test_another_question_that_looks_like_it(tmp_path: Path, question: str) -> None:
    assert checked(tmp_path, [*clean(), example("other", question)]).good


def test_another_principal_may_get_another_answer(tmp_path: Path) -> None:
    staff = example("staff", "Why was the blue kettle recalled?", **{"as": {"user": "eva", "groups": ["staff"]}})
    assert checked(tmp_path, [*clean(), staff]).good


def test_two_eras_that_contradict_each_other_are_said_to(tmp_path: Path) -> None:
    old = example("old", "Why was the blue kettle recalled?", era="2025-01")
    (conflict,) = checked(tmp_path, [*clean(), old]).findings
    assert "keep those of one era" in conflict.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"era": "2026-60"}, "era '2026-60' does not exist; did you mean '2026-06'?"),
        ({"reviewer": None}, "is approved by nobody"),
        ({"decision": "yes"}, "decision"),
        ({"second_reviewer": "Ben "}, "was reviewed twice"),
        ({"second_reviewer": "ana"}, "nobody approves their own"),
        ({"reply": {"status": "answered"}}, "breaks contract SupportReply"),
        ({"id": "moon"}, "is already used"),
        ({"qestion": "?"}, "did you mean 'question'?"),
    ],
)
def test_rows_of_another_form(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    report = checked(tmp_path, [*clean(), {**example("odd", "Is there a lift?", *KETTLE), **change}], eras=("2026-06",))
    assert [each.kind for each in report.findings] == ["format"]
    assert reason in report.findings[0].reason


def test_a_broken_line_hides_no_other(tmp_path: Path) -> None:
    rows: list[Any] = [*clean(), '{"id": "cut", "ques', chat("talk", "Hello?", "Hello!"), '["a"]']
    reasons = [each.reason for each in checked(tmp_path, rows).findings]
    assert [reason.partition(";")[0].partition(" (")[0] for reason in reasons] == [
        "broken JSON",
        "mixed formats: a chat among examples",
        "row: input should be an object, got ['a']",
    ]


def test_golden_questions_and_held_out_rows_are_kept_apart(tmp_path: Path) -> None:
    golden = write_rows(tmp_path / "golden.jsonl", [{"id": "g1", "question": "Could you tell me how far the moon is?"}])
    held = [example(f"h{at}", f"What does rule {at} of the house say?") for at in range(20)]
    rows = [*clean(), example("leaked", "please: what does rule 7 of the house say")]
    report = checked(tmp_path, rows, golden=golden, held_out=write_rows(tmp_path / "held.jsonl", held))
    assert found(report) == [("leak", "moon"), ("leak", "leaked")]
    assert [each.other for each in report.findings] == ["golden question 'g1'", "held-out row 'h7'"]


def test_three_held_out_rows_measure_nothing(tmp_path: Path) -> None:
    few = write_rows(tmp_path / "held.jsonl", clean()[:3])
    with pytest.raises(RowsError, match="3 held-out rows measure nothing; at least 20"):
        checked(tmp_path, clean(), held_out=few)


def test_personal_data_is_named_and_never_quoted(tmp_path: Path) -> None:
    rows = [*clean(), example("mine", "Where is my parcel? I am ana@gmx.de, +49 170 1234567.")]
    report = checked(tmp_path, rows)
    (personal,) = report.findings
    assert personal.reason == "holds e-mail address, telephone number; write it without"
    assert "gmx" not in render_html(report) + json.dumps(report_fields(report))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mail jo.o-b+x@mail.example.co.uk now", ["e-mail address"]),
        ("IBAN DE89 3704 0044 0532 0130 00", ["IBAN"]),
        ("IBAN DE88 3704 0044 0532 0130 00", []),
        ("card 4111-1111-1111-1111", ["payment card"]),
        ("card 4111-1111-1111-1112", []),
        ("from 84.17.22.9, or 2001:db8::1", ["IP address", "IP address"]),
        ("net 84.17.22.0/24, version 1.2.3, at 10:30:15", []),
        ("SSN 536-22-1234", ["national id (US)"]),
        ("dni 12345678Z", ["national id (ES)"]),
        ("born on 3 May 1980", ["date of birth"]),
        ("passport no. C01X00T47", ["identity document"]),
        ("call 030 1234567 or (415) 555-0132", ["telephone number", "telephone number"]),
        ("error 4033, order 1234567, 24 hours, 198 m, 2026-06-01, 0x5E41 C0DA", []),
    ],
)
def test_personal_data_has_forms(text: str, kinds: list[str]) -> None:
    assert [each.kind for each in personal_data(text)] == kinds
    assert bool(kinds) == (masked(text) != text)


def test_documents_say_their_own_addresses(tmp_path: Path) -> None:
    office = example("office", "Where do complaints go?", "office.md", "Write to complaints@shop.example.")
    assert checked(tmp_path, [*clean(), office]).good


def test_two_reviewers_are_asked_for(tmp_path: Path) -> None:
    rows = [
        example("both", "Is there a lift?", second_reviewer="eva"),
        example("alone", "Do you sell ladders?"),
        example("own", "How high is the tower?", reviewer="Ana"),
    ]
    report = checked(tmp_path, rows, two_reviewers=True)
    assert found(report) == [("review", "alone"), ("review", "own")]
    assert "by its author 'Ana'" in report.findings[1].reason


def test_rejected_rows_are_not_compared(tmp_path: Path) -> None:
    again = example("again", "Why was the blue kettle recalled?", decision="rejected")
    assert checked(tmp_path, [*clean(), again]).good


def test_purpose_and_what_people_ask(tmp_path: Path) -> None:
    live = [Live(name="t1", text="Why was the blue kettle recalled?"), Live(name="t2", text="Xylophones zigzag?")]
    report = checked(tmp_path, clean(), purpose="domain", live=live)
    assert [each.reason for each in report.findings] == [
        "12 approved rows, domain takes at least 500; write or review more"
    ]
    assert report.coverage is not None
    assert (report.coverage.covered, report.coverage.missing) == (1, ("t2",))


def test_chats_are_to_be_alike(tmp_path: Path) -> None:
    chats = [chat(f"c{at}", f"What is number {at * 7}?", '{"status": "answered"}') for at in range(12)]
    odd = chat("odd", "Which sea is deepest?", "The Pacific.")
    assert found(checked(tmp_path, [*chats, odd])) == [("format", "odd")]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("Refunds are paid within five working days, by bank transfer.", "duplicate"),
        ("Refunds are not paid by bank transfer.", "conflict"),
        ("Our shop has a terrace for dogs and their people.", "conflict"),
    ],
)
def test_answers_that_are_texts(tmp_path: Path, reply: str, kind: str) -> None:
    said = "Refunds are paid by bank transfer within five working days."
    rows = [chat("first", "When are refunds paid?", said), chat("again", "when are refunds paid, please", reply)]
    assert found(checked(tmp_path, rows)) == [(kind, "again")]


def test_the_page_stands_alone(tmp_path: Path) -> None:
    report = checked(tmp_path, [*clean(), example("<b>", "Why was the blue kettle recalled?")])
    page = render_html(report)
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "<svg" in page
    assert not {"<script", "http://", "https://"} & {
        part for part in ("<script", "http://", "https://") if part in page
    }
