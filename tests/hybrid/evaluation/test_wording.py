"""ROUGE, F1, accuracy and agreement against the libraries that others measure with."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.evaluation.agreement import cohen_kappa, krippendorff_alpha
from hybrid.evaluation.wording import rouge

WORDS = st.lists(st.sampled_from(["refunds", "take", "five", "days", "Paid.", "£5", "co-op", "é"]), max_size=14)
TEXTS = st.one_of(st.text(max_size=80), WORDS.map(" ".join))


@pytest.fixture(scope="module")
def scorer():
    return pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rouge1", "rouge2", "rougeL"])


@given(TEXTS, TEXTS)
def test_rouge_is_that_of_rouge_score(scorer, text: str, reference: str) -> None:
    theirs, ours = scorer.score(reference, text), rouge(text, reference)
    assert ours.one == pytest.approx(theirs["rouge1"].fmeasure, abs=1e-6)
    assert ours.two == pytest.approx(theirs["rouge2"].fmeasure, abs=1e-6)
    assert ours.longest == pytest.approx(theirs["rougeL"].fmeasure, abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    one, other = zip(*pairs, strict=True)
    ours = cohen_kappa(one, other)
    if ours is None:
        assert len({*one, *other}) == 1
    else:
        assert ours == pytest.approx(metrics.cohen_kappa_score(one, other), abs=1e-6)


def test_alpha_is_that_of_krippendorffs_own_example() -> None:
    rows = ("123321412   ", "1233224125 3", " 3332342251 ", "12332441251 ")
    units = [{str(i): float(row[at]) for i, row in enumerate(rows) if row[at] != " "} for at in range(12)]
    assert krippendorff_alpha(units, ordinal=False) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units) == pytest.approx(0.815, abs=5e-4)


def test_agreement_says_nothing_where_nothing_can_be_said() -> None:
    assert krippendorff_alpha([{"ana": 1.0}, {"ben": 2.0}]) is None
    assert krippendorff_alpha([{"ana": 3.0, "ben": 3.0}] * 4) is None
    assert cohen_kappa([], []) is None


def test_raters_who_guess_agree_as_chance_does() -> None:
    draw = random.Random(3)
    units = [{"ana": draw.randint(1, 5), "ben": draw.randint(1, 5)} for _ in range(4_000)]
    assert abs(krippendorff_alpha(units) or np.nan) < 0.05
