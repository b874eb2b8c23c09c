"""Support grows with what a text adds, so that nobody's text turns another's answer into a refusal."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.evidence import number_evidence
from hybrid.evidence.scoring import ScoredUnit, score_units
from hybrid.evidence.support import support_of

QUESTION = "How many days do refunds take?"
TEXTS = st.lists(
    st.sampled_from(["refunds", "take", "five", "days", "ignore", "the", "question", "How", "many"]),
    min_size=1,
    max_size=8,
).map(lambda words: " ".join(words).capitalize() + ".")
RANKS = st.floats(-20.0, 20.0)
PAGES = st.tuples(TEXTS, RANKS)
SIGNS = st.tuples(st.floats(-1.0, 1.0), st.floats(-50.0, 50.0), RANKS)


class HashedRanker:
    """Gives each text a score in [-8, 8] that depends on nothing else."""

    name = "hashed-1"

    def scores(self, question, texts):
        parts = [hashlib.sha256(f"{question}\n{text}".encode()).digest()[0] for text in texts]
        return np.array(parts, dtype=np.float32) / 16 - 8


@pytest.mark.parametrize("ranked", [True, False])
@given(held=st.lists(SIGNS, min_size=1, max_size=6), further=SIGNS, known=st.floats(0.0, 1.0))
def test_a_further_unit_takes_no_support_away(passage, ranked, held, further, known):
    page = passage("Refunds take five days.", known=known)
    (evidence,) = number_evidence([page])

    def support(signs):
        units = [
            ScoredUnit(evidence=evidence, cosine=cosine, answers=answers if ranked else None, score=score)
            for cosine, answers, score in signs
        ]
        return support_of(units, [page])

    assert support(held) <= support([*held, further]) <= 1.0
    assert support(held) <= support([further, *held])


@pytest.mark.parametrize("ranker", [None, HashedRanker()])
@given(held=st.lists(PAGES, min_size=1, max_size=6), further=PAGES, copies=st.integers(1, 6))
def test_further_pages_take_no_support_away(passage, embed, ranker, held, further, copies):
    def support(pages):
        # A search gives the best passages first, wherever the further ones come among them.
        ranked = sorted(enumerate(pages), key=lambda page: -page[1][1])
        passages = [passage(text, document=f"docs:{n}.md", rank=rank, known=0.7) for n, (text, rank) in ranked]
        scored = score_units(QUESTION, number_evidence(passages), embed, ranker)
        return support_of(scored, passages)

    # The embedding of a text may differ in its last bits with the number of texts that are embedded at once.
    assert support(held) <= support([*held, *[further] * copies]) + 1e-6
