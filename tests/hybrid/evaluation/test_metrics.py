from __future__ import annotations

from math import log2

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hybrid.evaluation.intervals import bootstrap_intervals, wilson_interval
from hybrid.evaluation.metrics import METRICS, distinct, ndcg, recall, reciprocal_rank

NAMES = [f"d{number}" for number in range(16)]
rankings = st.lists(st.sampled_from(NAMES), unique=True, min_size=1)
judgements = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 4), min_size=1)


@pytest.fixture(scope="module")
def ranx():
    with pytest.MonkeyPatch.context() as patch:
        # Compiling takes half a minute and changes no figure.
        patch.setattr(numba.config, "DISABLE_JIT", True)
        import ranx

        yield ranx


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(rankings, judgements), min_size=1, max_size=8))
def test_every_metric_agrees_with_ranx(ranx, pairs):
    qrels = ranx.Qrels({str(row): relevant for row, (_, relevant) in enumerate(pairs)})
    run = ranx.Run(
        {str(row): {name: 100.0 - rank for rank, name in enumerate(ranking)} for row, (ranking, _) in enumerate(pairs)}
    )
    theirs = ranx.evaluate(qrels, run, list(METRICS), return_mean=False)
    for name, metric in METRICS.items():
        ours = [metric(ranking, relevant) for ranking, relevant in pairs]
        assert ours == pytest.approx(list(theirs[name]), abs=1e-6)


@given(rankings, judgements)
def test_scores_lie_between_0_and_1_and_recall_never_falls_with_depth(ranking, relevant):
    curve = [recall(ranking, relevant, k=k) for k in range(1, 21)]
    assert curve == sorted(curve)
    assert all(0 <= metric(ranking, relevant) <= 1 + 1e-12 for metric in METRICS.values())


def test_figures_worked_out_by_hand():
    ranking, relevant = ["x", "a", "y", "b"], {"a": 1, "b": 3, "c": 1}
    assert recall(ranking, relevant, k=2) == pytest.approx(1 / 3)
    assert reciprocal_rank(ranking, relevant, k=1) == 0
    assert reciprocal_rank(ranking, relevant, k=10) == 1 / 2
    best = 3 + 1 / log2(3) + 1 / log2(4)
    assert ndcg(ranking, relevant, k=10) == pytest.approx((1 / log2(3) + 3 / log2(5)) / best)


def test_passages_count_for_their_document_once_at_the_best_place():
    assert distinct(["a", "b", "a", "c", "b"]) == ("a", "b", "c")


def test_bootstrap_is_repeatable_and_holds_the_mean():
    scores = [1.0] * 80 + [0.0] * 20
    first, second = (bootstrap_intervals({"x": scores})["x"] for _ in range(2))
    assert first == second
    assert first.low == pytest.approx(0.72, abs=0.02)
    assert first.high == pytest.approx(0.88, abs=0.02)


def test_bootstrap_intervals_hold_the_true_mean_about_as_often_as_they_say():
    generator = np.random.default_rng(5)
    samples = {str(trial): list(generator.random(60)) for trial in range(200)}
    held = sum(found.low <= 0.5 <= found.high for found in bootstrap_intervals(samples, resamples=400).values())
    assert 0.90 <= held / len(samples) <= 0.99


def test_an_interval_of_a_perfect_rate_still_has_width():
    assert wilson_interval(25, 25).low == pytest.approx(0.8668, abs=1e-4)
    assert wilson_interval(25, 25).high == 1
    assert wilson_interval(0, 25).low == 0
