"""Units are ordered by meaning, words and the rank of their passage."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hybrid.evidence import number_evidence
from hybrid.evidence.scoring import score_units
from hybrid.evidence.words import coverage, word_weights, words
from hybrid.models._quotes import choose_quotes
from hybrid.testing.memory import HashingEmbedder

SENTENCES = ["Refunds take five days.", "The bank needs two days.", "Paddle costs 39 euros.", "Bring a pen."]


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=60), st.text(max_size=30))
def test_units_come_best_first_and_only_the_promising_are_embedded(passage, sentences, question):
    embedder = HashingEmbedder()
    units = number_evidence([passage(" ".join(sentences))])
    scored = score_units(question, units, embedder.embed_documents)
    assert embedder.embedded == len(scored) + 1 <= 25
    assert [unit.score for unit in scored] == sorted((unit.score for unit in scored), reverse=True)
    assert all(unit.evidence in units for unit in scored)
    assert scored[0].evidence == choose_quotes([unit.evidence for unit in scored])[0]


def test_one_of_many_units_is_embedded_for_its_words_even_in_the_last_passage(passage, embed):
    pages = [
        passage(f"Sentence number {n} says nothing.", document=f"docs:{n}.md", rank=14.0 - n / 10) for n in range(40)
    ]
    pages.append(passage("Refunds take five days.", rank=1.0))
    scored = score_units("How long do refunds take?", number_evidence(pages), embed)
    assert any(unit.evidence.text == "Refunds take five days." for unit in scored)


def test_the_best_sentence_is_the_one_that_answers(passage, embed):
    text = "Refunds are our pride. Refunds take five working days. Plans are paid by the month. Is a refund possible?"
    scored = score_units("How many working days do refunds take?", number_evidence([passage(text)]), embed)
    assert scored[0].evidence.text == "Refunds take five working days."


@given(st.sets(st.sampled_from("abcdef")), st.lists(st.frozensets(st.sampled_from("abcdef")), max_size=5))
def test_coverage_is_a_share_that_grows_with_what_is_held(asked, texts):
    weights = word_weights(asked, texts)
    assert coverage(frozenset(), weights) == 0.0
    for text in texts:
        assert 0.0 <= coverage(text, weights) <= coverage(text | asked, weights) <= 1.0 + 1e-9
    assert weights.keys() == asked


def test_a_rare_word_weighs_more():
    weights = word_weights(
        {"gateway", "mongolia"}, [words("The gateway blinks."), words("A gateway."), words("Mongolia")]
    )
    assert weights["mongolia"] > weights["gateway"]


def test_words_are_compared_by_stem_and_without_stop_words():
    assert words("How are the refunds being refunded?") == {"refund"} | words("being")


class CountingRanker:
    name = "counting-1"

    def __init__(self):
        self.read = []

    def scores(self, question, texts):
        self.read += texts
        return np.array([len(text) % 7 - 3 for text in texts], dtype=np.float32)


def test_the_ranker_reads_the_most_promising_units_and_no_others(passage, embed):
    sentences = [f"Refunds take {n} days and sentence {n} says so." for n in range(60)]
    ranker = CountingRanker()
    scored = score_units("How long do refunds take?", number_evidence([passage(" ".join(sentences))]), embed, ranker)
    assert len(ranker.read) == 16
    assert sum(unit.answers is not None for unit in scored) == 16
    assert len(scored) == 24


def test_no_page_crowds_the_best_sentence_of_another_out_of_what_the_ranker_reads(passage, embed):
    loud = " ".join(f"Refunds take working days, say refunds {n}." for n in range(20))
    pages = [passage(loud, document="docs:loud.md", rank=9.0), passage("Money comes back in May.", rank=8.0)]
    ranker = CountingRanker()
    score_units("How many working days do refunds take?", number_evidence(pages), embed, ranker)
    assert any("May" in text for text in ranker.read)
