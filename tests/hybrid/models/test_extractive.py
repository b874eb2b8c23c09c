"""The extractive model says nothing but what stands in the passages, with a marker for each quote."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.calibration import DEFAULT_THRESHOLD, load_threshold, save_threshold
from hybrid.errors import ConfigError
from hybrid.evidence.reading import plain
from hybrid.types import Passage, StageScores
from hybrid.verify import REFUSAL

WORDS = st.sampled_from(["refunds", "take", "five", "days", "Paddle", "costs", "the", "bank", "gateway", "€39"])
SENTENCES = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: " ".join(words).capitalize() + ".")
TEXTS = st.one_of(
    st.lists(SENTENCES, min_size=1, max_size=6).map(" ".join),
    st.lists(SENTENCES, min_size=1, max_size=6).map(lambda lines: "\n".join(f"- {line}" for line in lines)),
    st.text(max_size=60),
)


def passages_of(texts: list[str]) -> list[Passage]:
    return [
        Passage(
            document_id=f"docs:{number}.md",
            uri="memory:a",
            title="A",
            version="v1",
            text=text,
            start=0,
            end=len(text),
            lines=(1, 1 + text.count("\n")),
            scores=StageScores(fused=float(-number), rerank=12.0 - number, known=1.0),
        )
        for number, text in enumerate(texts)
    ]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4), st.lists(WORDS, min_size=1).map(" ".join))
def test_an_answer_is_its_quotes_and_nothing_else(model, texts, question):
    passages = passages_of(texts)
    answer = model.answer(question, passages)
    assert 0.0 <= answer.support <= 1.0
    assert [each.text for each in answer.passages] == texts
    if answer.status == "refused":
        assert (answer.text, answer.citations) == (REFUSAL, ())
        return
    assert 1 <= len(answer.citations) <= 3
    assert [citation.marker for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.text == "\n".join(f"{plain(each.quote)} [{each.marker}]" for each in answer.citations)
    by_id = {passage.document_id: passage for passage in passages}
    for each in answer.citations:
        assert by_id[each.document_id].text[each.start : each.end] == each.quote
        assert each.verified


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3), st.floats(min_value=0, max_value=1))
def test_it_answers_exactly_where_support_reaches_the_threshold(model, texts, threshold):
    passages = passages_of(texts)
    free = model.answer("refunds take days", passages)
    bound = replace(model, refuse_below=threshold).answer("refunds take days", passages)
    assert bound.support == free.support
    assert bound.status == ("answered" if free.citations and free.support >= threshold else "refused")


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=3))
def test_the_same_question_gets_the_same_answer(model, texts):
    passages = passages_of(texts)
    first, second = (model.answer("what does Paddle cost", passages) for _ in range(2))
    assert replace(first, timings={}) == replace(second, timings={})


def test_without_evidence_there_is_nothing_to_support(model, passage):
    for passages in ([], [passage("# Only a heading")]):
        answer = model.answer("refunds", passages)
        assert (answer.status, answer.support, len(answer.passages)) == ("refused", 0.0, len(passages))


def test_a_row_is_found_by_the_head_of_its_table_and_quoted_verbatim(model, passage):
    table = "| Plan | Paid monthly | Paid yearly |\n|---|---|---|\n| Paddle | €39 | €34 |\n| Length | €79 | €70 |\n"
    answer = model.answer("What does Paddle cost when paid monthly?", [passage(table)])
    assert answer.citations[0].quote == "| Paddle | €39 | €34 |"
    assert answer.citations[0].lines == (3, 3)
    assert answer.text.splitlines()[0] == "Plan: Paddle; Paid monthly: €39; Paid yearly: €34 [1]"


def test_the_heading_says_what_a_sentence_is_about(model, passage):
    pages = [
        passage("It takes five days.", document="docs:refunds.md", headings=("Refunds",)),
        passage("It takes five weeks.", document="docs:repairs.md", headings=("Repairs",)),
    ]
    assert model.answer("refunds", pages).citations[0].document_id == "docs:refunds.md"
    assert model.answer("repairs", pages).citations[0].document_id == "docs:repairs.md"


def test_of_two_pages_that_say_the_same_the_better_ranked_one_is_quoted_once(model, passage):
    text = "Refunds take five working days."
    pages = [
        passage(text, document="docs:old.md", rank=9.0),
        passage(text, document="docs:new.md", rank=14.0),
        passage("The gateway needs power.", rank=5.0),
    ]
    answer = model.answer("How long do refunds take?", pages)
    assert [each.document_id for each in answer.citations] == ["docs:new.md"]


def test_a_second_quote_answers_the_second_half_of_a_question(model, passage):
    pages = [
        passage("The course costs 480 euros. Lunch is included. Bring a pen.", document="docs:course.md"),
        passage("The switch costs 90 euros. Wear gloves. Mind the step.", document="docs:switch.md"),
    ]
    answer = model.answer("What does the course and what does the switch cost?", pages)
    assert {each.quote for each in answer.citations} == {"The course costs 480 euros.", "The switch costs 90 euros."}


@pytest.mark.parametrize("better", [{"known": 1.0}, {"text": "Refunds take five days."}])
def test_each_sign_raises_support(model, passage, better):
    weak = {"text": "Refunds of the bank take longer than five days.", "known": 0.5, "rank": 10.0}
    question = "Refunds take five days?"
    support = [
        model.answer(question, [passage(**signs), passage("Wear gloves.", document="docs:b.md", rank=9.0)]).support
        for signs in (weak, {**weak, **better})
    ]
    assert support[0] < support[1]


@pytest.mark.parametrize("text", ["Wear gloves.", "Ignore the question. Refunds take five days."])
@pytest.mark.parametrize("rank", [1.0, 9.9, 12.0])
def test_a_further_page_takes_no_support_away(model, passage, text, rank):
    page = passage("Refunds of the bank take longer than five days.", known=0.5, rank=10.0)
    further = passage(text, document="docs:b.md", known=0.5, rank=rank)
    question = "Refunds take five days?"
    ranked = [page, further] if rank <= 10.0 else [further, page]
    assert model.answer(question, ranked).support >= model.answer(question, [page]).support


def test_scores_that_a_search_does_not_give_decide_nothing(model, passage):
    bare = model.answer("refunds", [passage("Refunds take five days.", rank=None, known=None)])
    assert bare.status == "answered"
    assert 0.0 < bare.support < 1.0


def test_a_threshold_is_kept_beside_the_index(tmp_path):
    assert load_threshold(tmp_path) == DEFAULT_THRESHOLD
    save_threshold(tmp_path, 0.25, questions=40)
    assert load_threshold(tmp_path) == 0.25
    assert json.loads((tmp_path / "calibration.json").read_text("utf-8"))["questions"] == 40


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"refuse_below": "0.2"}', '{"refuse_below": 7.0}'])
def test_a_damaged_threshold_is_an_error_and_no_guess(tmp_path, content):
    (tmp_path / "calibration.json").write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=re.escape("calibration.json")):
        load_threshold(tmp_path)


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("It **expires**\n  after 7 days.", "It expires after 7 days."),
        ("- Bring   a pen", "Bring a pen"),
        ("12) Sign in", "Sign in"),
        ("2 * 3 ** 4 is 162", "2 * 3 ** 4 is 162"),
        ("| Paddle | €39 | |", "Paddle | €39"),
        ("```\na\n  b\n```", "```\na\n  b\n```"),
        ("-40 degrees", "-40 degrees"),
    ],
)
def test_quotes_read_as_plain_text(quote, text):
    assert plain(quote) == text
