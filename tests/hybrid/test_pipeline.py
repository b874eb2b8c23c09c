"""From a folder to verified citations with the packaged model: who may read decides what is found, cited and named."""

import asyncio
from datetime import UTC, datetime

import pytest

from hybrid import Pipeline, Principal
from hybrid.errors import AccessError, ConfigError, NotIndexedError
from hybrid.types import ANONYMOUS
from hybrid.verify import REFUSAL

PAGES = {
    "refunds.md": """---
access: [public]
---
# Refunds

Plans can be cancelled. Refunds are paid within 5 working days.
""",
    "plans.md": """---
access: [public]
---
# Plans

| Plan | Paid monthly | Users |
|---|---|---|
| Paddle | €39 | 3 |
| Length | €79 | 12 |
""",
    "gateway.md": """---
access: [public]
---
# Gateway

A red light means that there is no network.
""",
    "goodwill.md": """---
access: ["group:support"]
---
# Goodwill

A shift lead approves goodwill credit up to €600 per case.
""",
    "payroll.md": """---
access: ["user:ana"]
---
# Payroll

Salaries rise by 4 percent in March.
""",
}
SUPPORT = Principal(user="ben", groups=frozenset({"support"}))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    root = tmp_path_factory.mktemp("pipeline")
    for name, text in PAGES.items():
        (root / "docs" / name).parent.mkdir(exist_ok=True)
        (root / "docs" / name).write_text(text, "utf-8")
    with Pipeline.from_folder(root / "docs", readers=(), index=root / "index") as opened:
        with pytest.raises(NotIndexedError):
            opened.ask("How long do refunds take?", principal=ANONYMOUS)
        assert opened.sync().counts["added"] == len(PAGES)
        yield opened


def test_an_answer_is_a_verified_sentence_with_its_line_in_the_file(pipeline):
    answer = pipeline.ask("How many days until a refund is paid?", principal=ANONYMOUS)
    assert answer.status == "answered"
    first = answer.citations[0]
    assert (first.document_id, first.lines, first.verified) == ("docs:refunds.md", (6, 6), True)
    assert first.quote == "Refunds are paid within 5 working days."
    assert answer.text.startswith("Refunds are paid within 5 working days. [1]")
    assert PAGES["refunds.md"].splitlines()[first.lines[0] - 1].endswith(first.quote)


def test_every_answer_can_be_traced_and_timed(pipeline):
    first, second = (pipeline.ask("What does Paddle cost?", principal=ANONYMOUS) for _ in range(2))
    assert first.trace_id != second.trace_id
    assert {"embed", "search", "select", "reply", "verify", "answer", "total"} <= first.timings.keys()
    assert all(seconds >= 0 for seconds in first.timings.values())
    assert first.citations == second.citations


def test_a_table_is_answered_by_its_row(pipeline):
    answer = pipeline.ask("How many users does the Paddle plan have?", principal=ANONYMOUS)
    assert answer.citations[0].quote == "| Paddle | €39 | 3 |"
    assert answer.text.splitlines()[0] == "Plan: Paddle; Paid monthly: €39; Users: 3 [1]"


def test_the_same_question_gets_what_each_may_read(pipeline):
    question = "How much goodwill credit can a shift lead approve per case?"
    allowed = pipeline.ask(question, principal=SUPPORT)
    assert allowed.citations[0].document_id == "docs:goodwill.md"
    for stranger in (ANONYMOUS, Principal(user="ana"), Principal(user="support"), Principal(groups=frozenset({"ben"}))):
        refused = pipeline.ask(question, principal=stranger)
        assert refused.status == "refused"
        assert refused.support < allowed.support
        assert "€600" not in repr(refused)


@pytest.mark.parametrize(
    ("principal", "readable"),
    [
        (ANONYMOUS, {"refunds.md", "plans.md", "gateway.md"}),
        (SUPPORT, {"refunds.md", "plans.md", "gateway.md", "goodwill.md"}),
        (Principal(user="ana"), {"refunds.md", "plans.md", "gateway.md", "payroll.md"}),
    ],
    ids=["anonymous", "support", "ana"],
)
def test_a_refusal_names_the_closest_passages_that_may_be_read_and_no_others(pipeline, principal, readable):
    answer = pipeline.ask("What is the capital of Mongolia?", principal=principal)
    assert (answer.status, answer.text, answer.citations) == ("refused", REFUSAL, ())
    assert {passage.document_id for passage in answer.passages} == {f"docs:{name}" for name in readable}


@pytest.mark.parametrize(
    "question",
    ["What is the capital of Mongolia?", "Can you recommend a lasagna recipe?", "Who won the 200 m butterfly?"],
)
def test_what_nothing_answers_is_refused(pipeline, question):
    assert pipeline.ask(question, principal=SUPPORT).status == "refused"


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("When are refunds paid?", "refunds.md"),
        ("What does Length cost when paid monthly?", "plans.md"),
        ("What does a red light on the gateway mean?", "gateway.md"),
        ("Up to how much goodwill credit may a shift lead approve?", "goodwill.md"),
    ],
)
def test_a_handful_of_pages_is_enough_to_answer_from(pipeline, question, document):
    answer = pipeline.ask(question, principal=SUPPORT)
    assert answer.status == "answered"
    assert answer.citations[0].document_id == f"docs:{document}"


def test_the_async_twins_say_the_same(pipeline):
    async def both():
        return await asyncio.gather(
            pipeline.aask("When are refunds paid?", principal=ANONYMOUS),
            pipeline.asearch("When are refunds paid?", principal=ANONYMOUS, limit=2),
        )

    answer, found = asyncio.run(both())
    assert answer.citations == pipeline.ask("When are refunds paid?", principal=ANONYMOUS).citations
    assert found.passages == pipeline.search("When are refunds paid?", principal=ANONYMOUS, limit=2).passages
    assert len(found.passages) == 2


@pytest.mark.parametrize("question", ["", " \n\t", "x" * 20_001, "a\x00b", "\x1b[31mrefunds", "caf\udce9"])
def test_a_question_that_is_none_is_refused_by_name(pipeline, question):
    with pytest.raises(ConfigError, match="question"):
        pipeline.ask(question, principal=ANONYMOUS)
    with pytest.raises(ConfigError, match="question"):
        pipeline.search(question, principal=ANONYMOUS)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_that_makes_no_sense_is_refused(pipeline, limit):
    with pytest.raises(ConfigError, match="limit"):
        pipeline.search("refunds", principal=ANONYMOUS, limit=limit)


def test_a_moment_without_a_time_zone_is_refused(pipeline):
    with pytest.raises(AccessError, match="moment"):
        pipeline.ask("When are refunds paid?", principal=ANONYMOUS, moment=datetime(2026, 6, 1))
    answer = pipeline.ask("When are refunds paid?", principal=ANONYMOUS, moment=datetime(2026, 6, 1, tzinfo=UTC))
    assert answer.status == "answered"


def test_nobody_asks_without_a_principal(pipeline):
    with pytest.raises(AccessError):
        pipeline.ask("When are refunds paid?", principal=None)


def test_questions_of_stop_words_alone_are_answered_or_refused_but_never_fail(pipeline):
    for question in ("the of and", "?", "🙂", "\u202e", "SELECT * FROM docs; --", "refunds\n\tpaid?"):
        assert pipeline.ask(question, principal=ANONYMOUS).status in ("answered", "refused", "clarify")


def test_an_old_answer_is_told_what_became_of_it(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "refunds.md").write_text("# Refunds\n\nRefunds are paid within 5 working days.\n", "utf-8")
    with Pipeline.from_folder(docs, readers=("public",), index=tmp_path / "index") as pipeline:
        pipeline.sync()
        old = pipeline.ask("When are refunds paid?", principal=ANONYMOUS).citations
        becomes = {
            "# Refunds\n\nNew here.\n\nRefunds are paid within 5 working days.\n": ("moved", (5, 5)),
            "# Refunds\n\nRefunds are paid within 9 working days.\n": ("changed", None),
        }
        assert [verdict.standing for verdict in pipeline.recheck(old, principal=ANONYMOUS)] == ["stands"]
        for text, expected in becomes.items():
            (docs / "refunds.md").write_text(text, "utf-8")
            pipeline.sync()
            (verdict,) = pipeline.recheck(old, principal=ANONYMOUS)
            assert (verdict.standing, verdict.lines) == expected
        (docs / "refunds.md").unlink()
        pipeline.sync(accept_empty=["docs"])
        assert [verdict.standing for verdict in pipeline.recheck(old, principal=ANONYMOUS)] == ["gone"]
