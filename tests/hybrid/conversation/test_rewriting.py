"""Follow-ups get the words of their topic; questions that name their own topic stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.conversation.rewriting import RuleRewriter

PADDLE = "How much is the Paddle plan per month?"
REFUNDS = "When are refunds paid?"


def standalone(question, *earlier):
    return RuleRewriter().standalone(question, earlier)


@pytest.mark.parametrize(
    "question",
    [
        "it?",
        "Is it included?",
        "How do I cancel it?",
        "Which one is cheaper?",
        "How do I do that?",
        "Is that included?",
        "Where can I find those?",
        "Does this apply to partners?",
        "Is support included there?",
        "and for partners?",
        "And yearly?",
        "ok, and when?",
        "thanks, and for admins?",
        "what about yearly?",
        "What if I cancel?",
        "how long for partners?",
        "without a card?",
        "or by cheque?",
        "why?",
        "how long?",
        "since when?",
        "What else?",
        "cheaper?",
        "Anything cheaper?",
    ],
)
def test_a_follow_up_gets_the_words_of_its_topic(question):
    completed = standalone(question, PADDLE)
    assert completed.clear
    assert completed.question.startswith(question)
    assert {"Paddle", "plan", "month"} <= set(completed.question[len(question) :].strip(" ()").split())


@pytest.mark.parametrize(
    "question",
    [
        "refunds?",
        "Paddle",
        "IT?",
        "contact",
        "Kündigungsfrist?",
        "返金",
        "who is Ana",
        "How long does it take to get a refund?",
        "Is it possible to pay yearly?",
        "Is there a limit?",
        "Are there discounts for schools?",
        "If the gateway is offline, how do I restart it?",
        "I forgot my password, how do I reset it?",
        "Can the alarm be muted when it rings?",
        "And when are refunds paid?",
        "In Germany, when are refunds paid?",
        "What changed this month?",
        "Is a monthly plan cheaper than a yearly one?",
        "Do you have a cheaper plan for teams?",
        "What about a refund for a plan which was cancelled in March?",
        "Which plan includes a probe that measures chlorine?",
    ],
)
def test_a_question_with_its_own_topic_is_clear_and_stays_as_it_is(question):
    assert standalone(question, PADDLE) == standalone(question)
    assert (standalone(question).question, standalone(question).clear) == (question, True)


@pytest.mark.parametrize(
    "question", ["help", "hi", "it?", "Why?", "the of and", "?", "🙂", "And then?", "How much is it?"]
)
def test_a_question_that_says_nothing_is_asked_back(question):
    assert not standalone(question).clear
    assert not standalone(question, "Hello!", "How are you?").clear


def test_a_word_of_its_own_is_enough_without_anything_to_lean_on():
    assert standalone("And for partners?").clear
    assert standalone("And for partners?").question == "And for partners?"


def test_a_chain_of_follow_ups_keeps_its_topic():
    completed = standalone("And in Germany?", REFUNDS, "What about partners?", "why?")
    assert completed.question == "And in Germany? (partners refunds paid)"


def test_the_topic_is_the_nearest_one():
    assert standalone("How long does it take?", PADDLE, REFUNDS).question == "How long does it take? (refunds paid)"


def test_words_that_the_question_has_are_not_said_again():
    assert standalone("And Refunds for partners?", REFUNDS).question == "And Refunds for partners? (paid)"


def test_a_topic_is_forgotten_after_ten_questions():
    assert not standalone("why?", PADDLE, *["ok?"] * 10).clear
    assert standalone("why?", PADDLE, *["ok?"] * 9).clear


@given(question=st.text(max_size=60), earlier=st.lists(st.text(max_size=60), max_size=12))
def test_what_is_added_is_short_and_the_persons_own(question, earlier):
    completed = standalone(question, *earlier)
    assert completed == standalone(question, *earlier)
    assert completed.question.startswith(question)
    added = completed.question[len(question) :].strip().removeprefix("(").removesuffix(")").split()
    assert len(added) <= 12
    assert all(any(word in each for each in earlier) for word in added)


def test_a_page_pasted_as_a_question_neither_leans_nor_carries_more_than_its_beginning():
    page = "it " * 40_000
    assert standalone(page, PADDLE).question == page
    completed = standalone("why?", "Paddle " + "x" * 100 + " word" * 20_000)
    assert completed.question == "why? (Paddle word)"
